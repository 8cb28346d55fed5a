import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { childrenOf } from '../../../../test/kit/processes.js'
import { until } from '../../../../test/kit/waiting.js'
import { openNotifier } from '../../src/service/notify.js'
import { memoryLog, scratch } from '../support.js'

/** Receives messages to systemd with Perl, which every Debian has, because Node.js cannot receive datagrams on a UNIX socket. */
const RECEIVER = `
use Socket; $| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])); print "ready\\n";
while (defined recv($s, my $text, 4096, 0)) { $text =~ s/\\n/ /g; print "$text\\n" }
`

async function startReceiver(path: string): Promise<ReceiverProcess> {
  const child = spawn('perl', ['-e', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let heard = ''
  child.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
  })
  await once(child.stdout, 'data')
  return { heard: () => heard.trim().split('\n').slice(1).filter(isMeant), kill: (signal) => void child.kill(signal) }
}

interface ReceiverProcess {
  heard(): readonly string[]
  kill(signal: NodeJS.Signals): void
}

/** systemd-notify(1) sends a further message, to learn when systemd has read the first (sd_notify_barrier(3)). */
function isMeant(text: string): boolean {
  return !text.startsWith('BARRIER=1')
}

const receive = async (path: string): Promise<() => readonly string[]> => (await startReceiver(path)).heard

/** The processes that tell systemd something for this one. */
function speakers(): readonly number[] {
  return childrenOf(process.pid, 'systemd-notify')
}

test('systemd gets the messages in order', async () => {
  const path = join(scratch(), 'notify')
  const heard = await receive(path)
  const log = memoryLog()
  const notifier = openNotifier({ ...process.env, NOTIFY_SOCKET: path }, () => log)
  notifier.notify('READY=1', 'STATUS=2 workers')
  notifier.notify('WATCHDOG=1')
  notifier.notify('STOPPING=1')
  await expect.poll(() => heard().length).toBe(3)
  const [first, second, third] = heard()
  expect(first).toContain('READY=1 STATUS=2 workers')
  expect(second).toContain('WATCHDOG=1')
  expect(third).toContain('STOPPING=1')
  expect(log.lines).toEqual([])
})

// systemd drops the message of a process that has ended before it reads.
test('the sender of a message waits until systemd has read it', async () => {
  const path = join(scratch(), 'notify')
  const receiver = await startReceiver(path)
  receiver.kill('SIGSTOP')
  const began = performance.now()
  const notifier = openNotifier({ ...process.env, NOTIFY_SOCKET: path }, memoryLog)
  notifier.notify('READY=1')
  await until('somebody who tells', () => speakers().length > 0)
  await sleep(1_500 - (performance.now() - began))
  expect(speakers()).toHaveLength(1)
  receiver.kill('SIGCONT')
  await until('the end of that', () => speakers().length === 0)
})

test('READY=1 is sent again until it was delivered', async () => {
  const path = join(scratch(), 'notify')
  const log = memoryLog()
  const notifier = openNotifier({ ...process.env, NOTIFY_SOCKET: path }, () => log)
  notifier.notify('READY=1', 'STATUS=2 workers')
  await until('a warning', () => log.lines.length > 0)
  const heard = await receive(path)
  notifier.notify('WATCHDOG=1')
  await expect.poll(heard).toEqual([expect.stringMatching(/READY=1 WATCHDOG=1/)])
})

test('that nobody listens is said once, until somebody has listened', async () => {
  const path = join(scratch(), 'notify')
  const log = memoryLog()
  const notifier = openNotifier({ ...process.env, NOTIFY_SOCKET: path }, () => log)
  const tell = async (assignment: string): Promise<void> => {
    notifier.notify(assignment)
    await until('the start of that', () => speakers().length > 0)
    await until('the end of that', () => speakers().length === 0)
  }
  await tell('STATUS=1')
  await tell('STATUS=2')
  expect(log.lines).toHaveLength(1)
  const receiver = await startReceiver(path)
  notifier.notify('STATUS=3')
  await expect.poll(receiver.heard).toHaveLength(1)
  receiver.kill('SIGKILL')
  notifier.notify('STATUS=4')
  await expect.poll(() => log.lines.map(({ event }) => event)).toEqual(['systemd was not told', 'systemd was not told'])
})

test('without systemd nothing happens, and a socket that is not there is only a warning', async () => {
  const log = memoryLog()
  openNotifier({}, () => log).notify('READY=1')
  openNotifier({ ...process.env, NOTIFY_SOCKET: '/nowhere/notify' }, () => log).notify('READY=1')
  await expect.poll(() => log.lines.map(({ event }) => event)).toEqual(['systemd was not told'])
})

test.each([
  [{ WATCHDOG_USEC: '30000000' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, undefined],
  [{ WATCHDOG_USEC: 'nonsense' }, undefined],
  [{}, undefined],
])('a watchdog of %j is fed every %j milliseconds', (env, expected) => {
  expect(openNotifier({ NOTIFY_SOCKET: '/nowhere/notify', ...env }, memoryLog).watchdogInterval).toBe(expected)
})
