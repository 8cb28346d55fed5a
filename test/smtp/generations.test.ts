/** One configuration at a time: what is edited counts from `candy reload` on, and what is wrong never takes the place of what is right. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { connect } from '../kit/client.js'
import { type CommandResult, tryCommand } from '../kit/command.js'
import { type Installation, installCandy } from '../kit/installation.js'
import { childrenOf, signal } from '../kit/processes.js'
import { makeScratch, type Scratch } from '../kit/scratch.js'
import { writeSite } from '../kit/service.js'
import { type Sink, startSink } from '../kit/sink.js'
import { until } from '../kit/waiting.js'

let scratch: Scratch
let installation: Installation
let sink: Sink
beforeAll(async () => {
  scratch = await makeScratch('generations')
  installation = await installCandy(join(scratch.path, 'candy'))
  sink = await startSink()
})
afterAll(async () => {
  await sink.stop()
  await scratch.remove()
})

let count = 0
let directory: string
let socket: string
beforeEach(async () => {
  count += 1
  directory = join(scratch.path, `site-${count}`)
  socket = join(directory, 'state/lmtp')
  await writeSite(directory, {
    smtp: [`listen = "unix:${socket}"`, `next_hop = "127.0.0.1:${sink.port}"`],
    log: log(),
  })
  await filter('10-word', 'first')
})

const log = (): string => join(directory, 'state/candy.log')
const logged = (): Promise<string> => readFile(log(), 'utf8').catch(() => '')

function candy(...argv: readonly string[]): Promise<CommandResult> {
  return tryCommand(process.execPath, [installation.candy, '-c', directory, ...argv])
}

/** A script that refuses every message with this word. */
async function filter(name: string, word: string): Promise<void> {
  const path = join(directory, 'filters.d', name)
  await writeFile(path, `#!/bin/sh\ncat >/dev/null\necho 5.7.1 ${word}\nexit 69\n`)
  await chmod(path, 0o755)
}

/** What is said of a message: the word of the first filter. */
async function judged(): Promise<string> {
  await using client = await connect(socket)
  await client.expect('LHLO mx.example.test')
  const mail = { sender: 'a@example.com', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }
  const before = await logged()
  await client.send(mail)
  return /first|second|third/.exec((await logged()).slice(before.length))?.[0] ?? ''
}

function launch(environment: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(process.execPath, [installation.candy, '-c', directory, 'serve', '--workers', '1'], {
    stdio: 'ignore',
    env: environment,
  })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return child
}

async function serve(environment?: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = launch(environment)
  await untilUp(child)
  return child
}

async function untilUp(child: ChildProcess): Promise<void> {
  await until('a greeting', async () => {
    if (child.exitCode !== null) throw new Error(`ended: ${await logged()}`)
    const client = await connect(socket).catch(() => undefined)
    await client?.quit()
    return client !== undefined
  })
  await until('the control socket', () => existsSync(join(directory, 'state/service/control')))
}

async function stop(service: ChildProcess): Promise<void> {
  service.kill('SIGTERM')
  await once(service, 'exit')
}

function workersOf(service: ChildProcess): number[] {
  return childrenOf(service.pid ?? 0, 'candy.cjs').flatMap((pid) => childrenOf(pid, 'worker-main'))
}

async function killWorkers(service: ChildProcess): Promise<void> {
  const before = workersOf(service)
  for (const pid of before) signal(pid, 'SIGKILL')
  await until('another worker', () => workersOf(service).some((pid) => !before.includes(pid)))
  await until('that takes mail', async () => (await judged().catch(() => '')) !== '')
}

describe('an edit', () => {
  test('counts from candy reload on, and neither before nor in a worker that takes the place of a dead one', async () => {
    const service = await serve()
    expect(await judged()).toBe('first')
    await filter('10-word', 'second')
    await filter('05-new', 'third')
    expect(await judged()).toBe('first')
    await killWorkers(service)
    expect(await judged()).toBe('first')
    const { status, stdout } = await candy('reload')
    expect(status).toBe(0)
    expect(stdout.toString()).toMatch(
      /^in force: generation 2, since .*\n {2}05-new {2}script .*\n {2}10-word {2}script /,
    )
    expect(await judged()).toBe('third')
    await rm(join(directory, 'filters.d/05-new'))
    expect((await candy('reload')).status).toBe(0)
    expect(await judged()).toBe('second')
  })

  test('that is half typed changes nothing, is told with its place, and leaves a worker that dies its place', async () => {
    const service = await serve()
    await writeFile(join(directory, 'filters.d/20-half.toml'), 'filter = "@candy/filter-cla\n')
    await writeFile(join(directory, 'candy.toml'), `${await readFile(join(directory, 'candy.toml'))}\n[smtp\n`)
    const { status, stdout, stderr } = await candy('reload', '--json')
    expect(stderr.toString()).toBe('')
    expect(status).toBe(78)
    const answer = JSON.parse(stdout.toString())
    expect(answer).toMatchObject({ version: 1, reloaded: false, inForce: { generation: 1, configuration: 'files' } })
    expect(answer.problems).toEqual([
      expect.stringContaining('candy.toml:'),
      expect.stringMatching(/20-half\.toml:1:\d+: /),
    ])
    await killWorkers(service)
    expect(await judged()).toBe('first')
    expect(await logged()).toContain('not reloaded')
  })

  test('of code that throws, ends the process or is no filter is refused', async () => {
    await serve()
    const path = join(scratch.path, 'bad.js')
    for (const [text, why] of [
      ['throw new Error("broken")', /10-bad\.toml:1:10: filter: .*broken/],
      ['process.exit(0)', /a worker ended with status 0/],
      ['export const nothing = 1', /10-bad\.toml:1:10: filter: /],
    ] as const) {
      await writeFile(path, text)
      await writeFile(join(directory, 'filters.d/10-bad.toml'), `filter = "${path}"\n`)
      const { status, stderr } = await candy('reload')
      expect(stderr.toString()).toMatch(why)
      expect(status).toBe(78)
    }
    expect(await judged()).toBe('first')
  })
})

describe('a service that is started with a configuration that is wrong', () => {
  test('goes on with the last good one, says so aloud, and takes the files once they are right', async () => {
    await stop(await serve())
    const file = join(directory, 'candy.toml')
    const right = await readFile(file)
    await writeFile(file, `${right}\nlog = [[[\n`)
    await filter('10-word', 'second')
    await serve()
    expect(await judged()).toBe('first')
    const lines = await logged()
    expect(lines).toMatch(/error: the configuration is refused error="?.*candy\.toml:\d+:/)
    expect(lines).toContain('error: the last good configuration is in force')
    const refused = await candy('reload', '--json')
    expect(JSON.parse(refused.stdout.toString()).inForce.configuration).toBe('last good')
    await writeFile(file, right)
    const { stdout } = await candy('reload', '--json')
    expect(JSON.parse(stdout.toString())).toMatchObject({ reloaded: true, inForce: { configuration: 'files' } })
    expect(await judged()).toBe('second')
  })

  test('does not take the same files for wrong when only its socket is not free yet', async () => {
    await stop(await serve())
    const other = createServer((peer) => peer.destroy()).listen(socket)
    await once(other, 'listening')
    await chmod(socket, 0o666)
    const service = launch()
    await once(other, 'connection')
    // The first attempt has given up by then.
    await sleep(6_000)
    other.close()
    await untilUp(service)
    expect(await logged()).toContain('warning: started at the second attempt error=')
    expect(await logged()).not.toContain('refused')
    const { stdout } = await candy('status', '--json')
    expect(JSON.parse(stdout.toString())).toMatchObject({ inForce: { generation: 1, configuration: 'files' } })
    expect(await judged()).toBe('first')
  })

  test('does not use one that others could have written', async () => {
    await stop(await serve())
    await writeFile(join(directory, 'filters.d/20-x.toml'), 'filter')
    const kept = join(directory, 'state/service/last-good.json')
    expect((await stat(kept)).mode & 0o777).toBe(0o600)
    await chmod(kept, 0o666)
    const { status, stderr } = await candy('serve')
    expect(stderr.toString()).toMatch(/20-x\.toml:1:\d+: /)
    expect(status).toBe(78)
  })

  test('does not use one that is incomplete', async () => {
    await stop(await serve())
    await writeFile(join(directory, 'filters.d/20-x.toml'), 'filter')
    const kept = join(directory, 'state/service/last-good.json')
    await writeFile(kept, (await readFile(kept, 'utf8')).slice(0, 100))
    expect((await candy('serve')).status).toBe(78)
  })
})

test('a service that logs to the system log ends when it is told to, also after a reload', async () => {
  // Where no syslog daemon listens, logger(1) itself would end at once.
  const logger = join(directory, 'logger')
  await writeFile(logger, '#!/bin/sh\nexec cat >/dev/null\n', { mode: 0o755 })
  const toml = join(directory, 'candy.toml')
  await writeFile(toml, (await readFile(toml, 'utf8')).replace(/^to = .*$/m, 'to = "syslog"'))
  const service = await serve({ ...process.env, PATH: `${directory}:${process.env.PATH}` })
  expect((await candy('reload')).status).toBe(0)
  await until('the end of the generation before', () => workersOf(service).length === 1)
  // A logger that has lived for less than a second counts as broken, and no other would be started.
  await sleep(1_500)
  service.kill('SIGTERM')
  await until('its end', () => service.exitCode !== null, { milliseconds: 20_000 })
})

test('without a service, candy reload ends with 69 and says how to start it, or that candy is not enabled', async () => {
  const disabled = await candy('reload')
  expect(disabled.status).toBe(69)
  expect(disabled.stderr.toString()).toMatch(/enable" sets it up\n$/)
  await mkdir(join(directory, 'state/bin'))
  await writeFile(join(directory, 'state/bin/candy-pipe'), '')
  const enabled = await candy('reload')
  expect(enabled.status).toBe(69)
  expect(enabled.stderr.toString()).toContain('systemctl start candy')
})

test('only root, candy and its group can connect to the control socket', async () => {
  await serve()
  const { mode, uid } = await stat(join(directory, 'state/service'))
  expect(mode & 0o777).toBe(0o710)
  expect(uid).not.toBe(0)
  const asNobody = ['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', '--', process.execPath]
  const { status, stderr } = await tryCommand('setpriv', [...asNobody, installation.candy, '-c', directory, 'reload'])
  expect(stderr.toString()).toContain('run this as root')
  expect(status).toBe(77)
})
