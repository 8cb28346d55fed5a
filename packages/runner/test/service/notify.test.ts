import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openNotifier } from '../../src/service/notify.js'
import { memoryLog, scratch } from '../support.js'

/** Node.js can't receive datagrams on a UNIX socket; Perl, which is part of every Debian, can. */
const RECEIVER = `
use Socket; $| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])); print "ready\\n";
while (defined recv($s, my $text, 4096, 0)) { $text =~ s/\\n/ /g; print "$text\\n" }
`

async function receive(path: string): Promise<() => string[]> {
  const child = spawn('perl', ['-e', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  let heard = ''
  child.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
  })
  await once(child.stdout, 'data')
  return () => heard.trim().split('\n').slice(1)
}

test('systemd hears what it is told, in order', async () => {
  const path = join(scratch(), 'notify')
  const heard = await receive(path)
  const log = memoryLog()
  const notifier = openNotifier({ ...process.env, NOTIFY_SOCKET: path }, log)
  notifier.notify('READY=1', 'STATUS=2 workers')
  notifier.notify('WATCHDOG=1')
  notifier.notify('STOPPING=1')
  await expect.poll(() => heard().length, { timeout: 10_000 }).toBe(3)
  const [first, second, third] = heard()
  expect(first).toContain('READY=1 STATUS=2 workers')
  expect(second).toContain('WATCHDOG=1')
  expect(third).toContain('STOPPING=1')
  expect(log.lines).toEqual([])
}, 20_000)

test('without systemd nothing happens, and a socket that is not there is only a warning', async () => {
  const log = memoryLog()
  openNotifier({}, log).notify('READY=1')
  openNotifier({ ...process.env, NOTIFY_SOCKET: '/nowhere/notify' }, log).notify('READY=1')
  await expect.poll(() => log.lines.map(({ event }) => event), { timeout: 10_000 }).toEqual(['systemd was not told'])
})

test.each([
  [{ WATCHDOG_USEC: '30000000' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, undefined],
  [{ WATCHDOG_USEC: 'nonsense' }, undefined],
  [{}, undefined],
])('a watchdog of %j is fed every %j milliseconds', (env, expected) => {
  expect(openNotifier({ NOTIFY_SOCKET: '/nowhere/notify', ...env }, memoryLog()).beat).toBe(expected)
})
