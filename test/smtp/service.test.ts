/** `candy serve` as systemd runs it: told of, activated by its socket, ended; and what it says when it cannot start. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { connect } from '../kit/client.js'
import { tryCommand } from '../kit/command.js'
import { type Installation, installCandy } from '../kit/installation.js'
import { childrenOf, signal } from '../kit/processes.js'
import { idOf } from '../kit/queue-directory.js'
import { freePort, makeScratch, type Scratch } from '../kit/scratch.js'
import { writeSite } from '../kit/service.js'
import { type Sink, startSink } from '../kit/sink.js'
import { until } from '../kit/waiting.js'

let scratch: Scratch
let installation: Installation
let sink: Sink
beforeAll(async () => {
  scratch = await makeScratch('service')
  installation = await installCandy(join(scratch.path, 'candy'))
  sink = await startSink()
})
afterAll(async () => {
  await sink.stop()
  await scratch.remove()
})

let count = 0

/** A configuration directory. `smtp` are lines of the table `[smtp]`. */
async function configure(smtp: readonly string[], filters: Readonly<Record<string, string>> = {}): Promise<string> {
  count += 1
  const directory = join(scratch.path, `site-${count}`)
  await writeSite(directory, { smtp: [`next_hop = "127.0.0.1:${sink.port}"`, ...smtp], log: '/dev/null' })
  for (const [name, text] of Object.entries(filters)) await writeFile(join(directory, 'filters.d', name), text)
  return directory
}

function serve(directory: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [installation.candy, '-c', directory, 'serve', '--workers', '1'], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

function answers(address: number | string): Promise<void> {
  return until('a greeting', async () => {
    const client = await connect(address).catch(() => undefined)
    await client?.quit()
    return client !== undefined
  }).then(() => {})
}

test('systemd is told when mail can come, how it goes, and when it ends', async () => {
  const receiver = `use Socket; $| = 1; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0]));
    chmod 0666, $ARGV[0]; print "up\\n"; while (defined recv($s, my $t, 4096, 0)) { $t =~ s/\\n/ /g; print "$t\\n" }`
  const path = join(scratch.path, 'notify')
  const systemd = spawn('perl', ['-e', receiver, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void systemd.kill())
  let heard = ''
  systemd.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
  })
  await once(systemd.stdout, 'data')
  const port = await freePort()
  const directory = await configure([`listen = "127.0.0.1:${port}"`])
  const service = serve(directory, { NOTIFY_SOCKET: path, WATCHDOG_USEC: '1000000' })
  await until('READY', () => heard.includes('READY=1'))
  await answers(port)
  await until('two meals for the watchdog', () => heard.split('WATCHDOG=1').length > 2)
  expect(heard).toContain('STATUS=1 workers')
  service.kill('SIGTERM')
  expect(await once(service, 'exit')).toEqual([0, null])
  await until('STOPPING', () => heard.includes('STOPPING=1'))
})

test('a socket from systemd is used, and the connection that woke the service is answered', async () => {
  const path = join(scratch.path, 'activated')
  const directory = await configure(['listen = "unix:/nowhere/lmtp"'])
  const command = [process.execPath, installation.candy, '-c', directory, 'serve', '--workers', '1']
  const systemd = spawn('systemd-socket-activate', ['--listen', path, ...command], { stdio: 'ignore' })
  onTestFinished(() => void systemd.kill('SIGKILL'))
  await answers(path)
  systemd.kill('SIGTERM')
  expect(await once(systemd, 'exit')).toEqual([0, null])
})

/** Without an address of its own candy, which is not root any more, asks Postfix where its queue is. */
async function withQueue(directory: string): Promise<string> {
  const queue = join(directory, 'queue')
  await mkdir(join(queue, 'candy'), { recursive: true })
  await chmod(join(queue, 'candy'), 0o777)
  await writeFile(join(directory, 'main.cf'), `queue_directory = ${queue}\n`)
  return join(queue, 'candy')
}

async function greeting(address: number | string): Promise<string> {
  await using client = await connect(address)
  return client.greeting.lines.join()
}

test.each(['pipe', 'smtp', 'smtp-before'])('in mode %s mail is taken in both SMTP modes', async (mode) => {
  const directory = await configure([])
  const toml = join(directory, 'candy.toml')
  await writeFile(toml, (await readFile(toml, 'utf8')).replace(/^mode = .*$/m, `mode = "${mode}"`))
  const sockets = await withQueue(directory)
  const service = serve(directory)
  await answers(join(sockets, 'lmtp'))
  expect(await greeting(join(sockets, 'lmtp'))).toMatch(/LMTP$/)
  expect(await greeting(join(sockets, 'proxy'))).toMatch(/ESMTP$/)
  service.kill('SIGTERM')
  expect(await once(service, 'exit')).toEqual([0, null])
})

test('what a killed process left half written in the quarantine is gone once the service is there', async () => {
  const port = await freePort()
  const directory = await configure([`listen = "127.0.0.1:${port}"`])
  const quarantine = join(directory, 'state/quarantine')
  const namespace = /\d+/.exec(await readlink('/proc/self/ns/pid'))?.[0]
  // Of now: the service deletes what is older than a month.
  const whole = `${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}-4bX`
  const left = `.${whole}-1-1-${namespace}-1`
  for (const name of [whole, left]) {
    await mkdir(join(quarantine, name))
    await chown(join(quarantine, name), await idOf('passwd', 'candy'), await idOf('group', 'candy'))
  }
  const service = serve(directory)
  await answers(port)
  expect(await readdir(quarantine)).toEqual([whole])
  service.kill('SIGTERM')
  expect(await once(service, 'exit')).toEqual([0, null])
})

test('a second one for the same instance leaves the first alone, and says what to type instead', async () => {
  const port = await freePort()
  const directory = await configure([`listen = "127.0.0.1:${port}"`])
  const service = serve(directory)
  await answers(port)
  const candy = (...words: readonly string[]) =>
    tryCommand(process.execPath, [installation.candy, '-c', directory, ...words])
  const [first] = childrenOf(service.pid ?? 0, 'candy.cjs')
  await until('the first to be found', async () => (await candy('reload')).status === 0)
  const { status, stderr } = await candy('serve')
  expect(stderr.toString()).toBe(
    `candy serve runs already for ${directory} (process ${first}). So that it takes an edit: candy -c ${directory} reload. To start it anew: kill ${first}, and then this again\n`,
  )
  expect(status).toBe(69)
  await answers(port)
  service.kill('SIGTERM')
  expect(await once(service, 'exit')).toEqual([0, null])
})

test('two sockets from systemd are told apart by their names', async () => {
  const [before, after] = [join(scratch.path, 'activated-1'), join(scratch.path, 'activated-2')]
  const directory = await configure([])
  await withQueue(directory)
  const command = [process.execPath, installation.candy, '-c', directory, 'serve', '--workers', '1']
  const listen = ['--listen', before, '--listen', after, '--fdname', 'smtp-before:smtp']
  const systemd = spawn('systemd-socket-activate', [...listen, ...command], { stdio: 'ignore' })
  onTestFinished(() => void systemd.kill('SIGKILL'))
  await answers(before)
  expect(await greeting(before)).toMatch(/ESMTP$/)
  expect(await greeting(after)).toMatch(/LMTP$/)
  systemd.kill('SIGTERM')
  expect(await once(systemd, 'exit')).toEqual([0, null])
})

test('another address takes a restart, and a reload says so and changes nothing', async () => {
  const [port, other] = [await freePort(), await freePort()]
  const directory = await configure([`listen = "127.0.0.1:${port}"`])
  const toml = join(directory, 'candy.toml')
  const log = join(directory, 'log')
  await writeFile(log, '')
  await chmod(log, 0o666)
  await writeFile(toml, (await readFile(toml, 'utf8')).replace('/dev/null', log))
  const service = serve(directory)
  await answers(port)
  await writeFile(toml, (await readFile(toml, 'utf8')).replace(String(port), String(other)))
  const logged = (): Promise<string> => readFile(log, 'utf8')
  await until('the start', async () => (await logged()).includes('started'))
  service.kill('SIGHUP')
  await until('a complaint', async () => /not reloaded.*for smtp on 127\.0\.0\.1:\d+.*restart/.test(await logged()))
  await answers(port)
})

test('LMTP and SMTP are spoken over TCP, without a stall', async () => {
  for (const protocol of ['lmtp', 'smtp']) {
    const port = await freePort()
    const service = serve(await configure([`listen = "127.0.0.1:${port}"`, `protocol = "${protocol}"`]))
    await answers(port)
    await using client = await connect(port)
    await client.expect(`${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} mx.example.test`)
    const mail = { sender: 'a@example.com', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }
    const times: number[] = []
    for (let n = 0; n < 21; n++) {
      const started = performance.now()
      expect((await client.send(mail)).code).toBe(250)
      times.push(performance.now() - started)
    }
    // Nagle's algorithm against delayed acknowledgement costs 40 ms every time; a busy machine does not.
    expect(Math.min(...times)).toBeLessThan(40)
    service.kill('SIGTERM')
    await once(service, 'exit')
  }
})

test.each([
  [
    'a key that nobody knows',
    ['lisden = "x"'],
    {},
    /candy\.toml:5:1: smtp\.lisden: unknown key; did you mean "listen"\?/,
  ],
  [
    'a filter that is not installed',
    [],
    { '10-x.toml': 'filter = "@candy/filter-nowhere"' },
    /10-x\.toml:1:10: filter: .*is not installed/,
  ],
  ['a directory that is not there', ['listen = "unix:/nowhere/lmtp"'], {}, /unix:\/nowhere\/lmtp: cannot listen there/],
] as const)('%s is said, and the status is 78', async (_, smtp, filters, expected) => {
  const listen = smtp.length === 0 ? [`listen = "127.0.0.1:${await freePort()}"`] : smtp
  const directory = await configure(listen, filters)
  const { status, stderr } = await tryCommand(process.execPath, [installation.candy, '-c', directory, 'serve'])
  expect(stderr.toString()).toMatch(expected)
  expect(status).toBe(78)
})

test('a port that is taken is said, and the status is 78', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const directory = await configure([`listen = "127.0.0.1:${port}"`])
  const { status, stderr } = await tryCommand(process.execPath, [installation.candy, '-c', directory, 'serve'])
  expect(stderr.toString()).toContain(`127.0.0.1:${port}: cannot listen there`)
  expect(status).toBe(78)
})

test('a supervisor that was stopped for a while takes its workers for alive when it goes on', async () => {
  const port = await freePort()
  const directory = await configure([`listen = "127.0.0.1:${port}"`, 'hang = "2500ms"'])
  const service = serve(directory)
  await answers(port)
  const [supervisor = 0] = childrenOf(service.pid ?? 0, 'candy.cjs')
  const workers = childrenOf(supervisor, 'worker-main')
  expect(workers).toHaveLength(1)
  await using client = await connect(port)
  await client.expect('LHLO mx.example.test')
  signal(supervisor, 'SIGSTOP')
  await sleep(4_000)
  signal(supervisor, 'SIGCONT')
  await sleep(1_000)
  expect(childrenOf(supervisor, 'worker-main')).toEqual(workers)
  const mail = { sender: 'a@example.com', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }
  expect((await client.send(mail)).code).toBe(250)
  await sleep(1_000)
  for (const pid of workers) signal(pid, 'SIGSTOP')
  await until('another worker in the place of one that hangs', () => {
    const now = childrenOf(supervisor, 'worker-main')
    return now.length === 1 && now[0] !== workers[0]
  })
})
