/** pipe(8) itself dies, or stops listening. Half a message must never be delivered, and a whole one not be lost. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { deliver } from '../kit/client.js'
import { startHandover } from '../kit/handover.js'
import { HIDE_PROCESSES } from '../kit/namespace.js'
import { childrenOf, signal } from '../kit/processes.js'

const body = 'what nobody may see half of\r\n'.repeat(40_000)
const mail = {
  sender: 'sender@example.com',
  recipients: ['victim@example.net'],
  bytes: `Subject: long\r\n\r\n${body}`,
}

/** A command in candy-pipe's place that runs it in the end: `line` is a line of shell, `"$@"` candy-pipe and its arguments. */
function wrapped(line: string): (written: readonly string[]) => readonly string[] {
  return (written) => {
    const wrapper = join(dirname(written[0] ?? ''), 'wrapper')
    writeFileSync(wrapper, `#!/bin/sh\n${line}\n`, { mode: 0o755 })
    return [wrapper, ...written]
  }
}

/** Candy behind a shell that waits for as long as there is a file `stuck` beside it, so that pipe(8) is in the middle of the message. */
const argv = wrapped('stuck=$(dirname "$0")/stuck; while [ -e "$stuck" ]; do sleep 0.1; done; exec "$@"')

async function startHidden(): Promise<CandyTestBed> {
  const testBed = await startCandy({ argv })
  const [command, ...args] = HIDE_PROCESSES
  const { status, stderr } = await testBed.postfix.run(command, args)
  if (status !== 0) throw new Error(stderr.toString())
  return testBed
}

test.each<readonly [string, () => Promise<CandyTestBed>]>([
  ['sendmail', () => startCandy({ reinject: 'sendmail', argv })],
  ['candy-in, where /proc hides the processes of other accounts', startHidden],
  ['candy serve', () => startHandover({ workers: 1, argv })],
])('a message cut short by the death of pipe(8) is not delivered by way of %s', async (_, start) => {
  const testBed = await start()
  try {
    // A service that has never served a message would be throttled by master(8).
    await deliver(testBed.postfix.port, { ...mail, bytes: 'Subject: first\r\n\r\n' })
    await testBed.sink.waitFor(1)
    await testBed.postfix.waitUntilEmpty()
    testBed.sink.clear()
    const stuck = join(testBed.state, 'bin/stuck')
    writeFileSync(stuck, '')
    await deliver(testBed.postfix.port, mail)
    const servers = (): readonly number[] => testBed.postfix.servers('candy')
    await testBed.postfix.waitUntil('pipe(8) writes', () =>
      servers().some((pid) => childrenOf(pid, '/wrapper ').length > 0),
    )
    for (const pid of servers()) signal(pid, 'SIGKILL')
    rmSync(stuck)
    await testBed.postfix.waitUntil('candy says why', async () =>
      (await testBed.candyLog()).includes('pipe(8) went away'),
    )
    await testBed.postfix.flush()
    const [message] = await testBed.sink.waitFor(1)
    expect(message?.bytes.toString()).toContain(`\r\n\r\n${body}`)
    await testBed.postfix.waitUntilEmpty()
    expect(testBed.sink.count).toBe(1)
    expect(await testBed.postfix.log()).not.toContain('status=bounced')
  } finally {
    await testBed.stop()
  }
})

test('a closed standard output changes nothing', async () => {
  const testBed = await startCandy({
    argv: wrapped('exec "$@" >&- 2>&-'),
  })
  try {
    await deliver(testBed.postfix.port, mail)
    await testBed.sink.waitFor(1)
    await testBed.writeFilter('50-later', '#!/bin/sh\ncat >/dev/null; exit 75\n')
    await deliver(testBed.postfix.port, mail)
    await testBed.postfix.waitForLog(/status=deferred/)
    await testBed.removeFilter('50-later')
    await testBed.postfix.flush()
    await testBed.sink.waitFor(2)
    expect(await testBed.postfix.log()).not.toContain('status=bounced')
  } finally {
    await testBed.stop()
  }
})

test('a message whose pipe(8) dies while candy serve judges is given up, and delivered once when it comes again', async () => {
  await using testBed = await startHandover({ workers: 1 })
  await deliver(testBed.postfix.port, { ...mail, bytes: 'Subject: first\r\n\r\n' })
  await testBed.sink.waitFor(1)
  await testBed.postfix.waitUntilEmpty()
  testBed.sink.clear()
  const judging = join(testBed.marks, 'judging')
  await testBed.writeFilter(
    '50-slow',
    `#!/bin/sh\ncat >/dev/null; [ -e ${judging} ] || { touch ${judging}; sleep 600; }\n`,
  )
  await testBed.reload()
  await deliver(testBed.postfix.port, mail)
  await testBed.postfix.waitUntil('a filter judges', () => existsSync(judging))
  for (const pid of testBed.postfix.servers('candy')) signal(pid, 'SIGKILL')
  await testBed.postfix.waitUntil('candy says why', async () =>
    (await testBed.candyLog()).includes('pipe(8) went away'),
  )
  expect(testBed.sink.count).toBe(0)
  await testBed.postfix.flush()
  await testBed.sink.waitFor(1)
  await testBed.postfix.waitUntilEmpty()
  expect(testBed.sink.count).toBe(1)
  expect(await testBed.postfix.log()).not.toContain('status=bounced')
})
