/** What becomes of root's rights before a filter's code runs. Each command is run as root, as an administrator would. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { installCandy } from '../../../../test/kit/installation.js'
import { childrenOf } from '../../../../test/kit/processes.js'
import { freePort } from '../../../../test/kit/scratch.js'
import { until } from '../../../../test/kit/waiting.js'
import { groupId } from '../../src/os/accounts.js'
import { candyIds, scratch } from '../support.js'
import { COMMAND, candy, runCandy, site } from './candy.js'

/** With this option Node.js refuses to change its own account, as Debian 13's Node.js always does (CVE-2024-22017). */
const IO_URING = { UV_USE_IO_URING: '1' }

const ALL_RIGHTS = ['Uid', 'Gid', 'Groups', 'NoNewPrivs', 'CapPrm', 'CapEff']

/** A filter that writes its own rights into the message. */
const TELLING = `#!/bin/sh
# candy: rewrites
grep -E '^(${ALL_RIGHTS.join('|')}):' /proc/self/status | sed 's/^/X-/'
cat
`

/** Rights of a process, or those that the filter above wrote into a message. */
function rightsIn(text: string): ReadonlyMap<string, string> {
  return new Map(
    Array.from(text.matchAll(/^(?:X-)?(\w+):[\t ]*(.*?)[\t ]*\r?$/gm), ([, name = '', value = '']) => [name, value]),
  )
}

async function expectCandyAlone(rights: ReadonlyMap<string, string>, groups: readonly string[] = []): Promise<void> {
  const [user, group] = await candyIds()
  expect(rights.get('Uid')?.split('\t')).toEqual(Array.from({ length: 4 }, () => String(user)))
  expect(rights.get('Gid')?.split('\t')).toEqual(Array.from({ length: 4 }, () => String(group)))
  const others = await Promise.all(groups.map((name) => groupId(name)))
  expect(rights.get('Groups')?.split(' ').map(Number).toSorted()).toEqual([group, ...others].toSorted())
  expect(rights.get('NoNewPrivs')).toBe('1')
  for (const name of ['CapPrm', 'CapEff']) expect(Number.parseInt(rights.get(name) ?? '', 16)).toBe(0)
}

test('a filter that root tries runs as candy and can gain nothing, on a Node.js that cannot change its own rights', async () => {
  const directory = site({ 'filters.d/10-telling': TELLING })
  const closed = scratch()
  const [file, out] = [join(closed, 'm.eml'), join(closed, 'out.eml')]
  writeFileSync(file, 'Subject: hi\n\nhello\n', { mode: 0o600 })
  const { status, stdout, stderr } = candy(['check', '-c', directory, '--out', out, file], '', IO_URING)
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toContain('accept')
  await expectCandyAlone(rightsIn(readFileSync(out, 'utf8')))
  expect(readFileSync(out, 'utf8')).toContain('Subject: hi\r\n\r\nhello\r\n')
  expect(statSync(out)).toMatchObject({ uid: 0, gid: 0 })
})

test("the service that root starts runs as candy, may enter public/, and gets the signals that are sent to root's process", async () => {
  const directory = site({ 'main.cf': '', 'filters.d/10-telling': TELLING })
  const service = await serve(directory)
  const [supervisor = 0] = childrenOf(service.pid, 'candy.cjs')
  const [worker = 0] = childrenOf(supervisor, 'worker-main')
  for (const pid of [supervisor, worker]) {
    await expectCandyAlone(rightsIn(readFileSync(`/proc/${pid}/status`, 'utf8')), ['postdrop'])
  }
  service.kill('SIGHUP')
  await until('a reload', () => readFileSync(service.log, 'utf8').includes('reloaded'))
  service.kill('SIGTERM')
  expect(await once(service.process, 'exit')).toEqual([0, null])
  expect(readFileSync(service.log, 'utf8')).toContain('stopping signal=SIGTERM')
})

test('a worker can gain nothing either where somebody else than root or systemd started the service', async () => {
  const rights = ['setpriv', '--reuid', 'candy', '--regid', 'candy', '--clear-groups', '--']
  const service = await serve(site(), rights)
  const [worker = 0] = childrenOf(service.pid, 'worker-main')
  expect(rightsIn(readFileSync(`/proc/${worker}/status`, 'utf8')).get('NoNewPrivs')).toBe('1')
})

test('the service ends when what root started is killed', async () => {
  const service = await serve(site())
  const [supervisor = 0] = childrenOf(service.pid, 'candy.cjs')
  service.kill('SIGKILL')
  await until('the end', () => !readdirSync('/proc').includes(String(supervisor)))
  expect(readFileSync(service.log, 'utf8')).toContain('stopped')
})

// Node.js from 22.8 on would keep compiled code, and would read it from a directory that belongs to somebody else.
test('no compiled code is kept where anybody could have put it before', () => {
  const temporary = scratch()
  expect(candy(['list', '-c', site()], '', { TMPDIR: temporary, NODE_COMPILE_CACHE: '' }).status).toBe(0)
  expect(readdirSync(temporary)).toEqual([])
})

test("when a signal ends a check, root's process ends by the same signal", async () => {
  const directory = site({ 'filters.d/10-slow': '#!/bin/sh\nsleep 60\n' })
  const check = spawn(process.execPath, [COMMAND, 'check', '-c', directory], { stdio: ['pipe', 'ignore', 'inherit'] })
  check.stdin.end('Subject: hi\n\n')
  const slow = (pid: number): readonly number[] =>
    childrenOf(pid, 'candy.cjs').flatMap((child) => childrenOf(child, '10-slow'))
  await until('the filter', () => slow(check.pid ?? 0).length > 0)
  check.kill('SIGINT')
  expect(await once(check, 'exit')).toEqual([null, 'SIGINT'])
})

test('an installation that candy may not read is reported, before anything runs', async () => {
  const closed = scratch()
  const { candy: command } = await installCandy(join(closed, 'root'))
  chmodSync(closed, 0o700)
  const { status, stderr } = runCandy(command, ['check', '-c', site()], 'Subject: hi\n\n')
  expect(stderr).toBe(
    `filters run as the account candy, and it may not run ${process.execPath} or not read ${command}: install both where everybody may read them\n`,
  )
  expect(status).toBe(77)
})

interface Served {
  readonly process: ReturnType<typeof spawn>
  readonly pid: number
  readonly log: string
  kill(signal: NodeJS.Signals): void
}

/** `candy serve` on a port of its own, ready to take mail. `as` is a command line that gives up root's rights before. */
async function serve(directory: string, as: readonly string[] = []): Promise<Served> {
  const state = join(directory, 'state')
  const [user] = await candyIds()
  for (const path of [state, join(state, 'spool'), join(state, 'quarantine')]) {
    mkdirSync(path)
    chownSync(path, user, user)
  }
  const log = join(state, 'log')
  writeFileSync(log, '')
  chownSync(log, user, user)
  const listen = `127.0.0.1:${await freePort()}`
  const smtp = `[smtp]\nlisten = "${listen}"\nnext_hop = "127.0.0.1:1"\n`
  writeFileSync(join(directory, 'candy.toml'), `state = "${state}"\n${smtp}[log]\nto = "${log}"\n`)
  const [program = '', ...args] = [...as, process.execPath, COMMAND, 'serve', '-c', directory, '--workers', '1']
  const service = spawn(program, args, { env: { ...process.env, ...IO_URING }, stdio: 'inherit' })
  onTestFinished(() => void service.kill('SIGKILL'))
  await until('the start', () => readFileSync(log, 'utf8').includes('started'))
  return { process: service, pid: service.pid ?? 0, log, kill: (signal) => void service.kill(signal) }
}
