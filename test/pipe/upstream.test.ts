/** pipe(8) itself dies, or stops listening. Half a message must never be delivered, and a whole one not be lost. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type CandyGround, MACROS, startCandy } from '../ground/candy.js'
import { deliver } from '../ground/client.js'
import { childrenOf, signal } from '../ground/processes.js'

const body = 'what nobody may see half of\r\n'.repeat(40_000)
const letter = {
  sender: 'sender@example.com',
  recipients: ['victim@example.net'],
  bytes: `Subject: long\r\n\r\n${body}`,
}

/** A command in candy-pipe's place that runs it in the end: `line` is a line of shell, `"$@"` candy-pipe and its arguments. */
function wrapped(line: string): (candyPipe: string) => readonly string[] {
  return (candyPipe) => {
    const wrapper = join(dirname(candyPipe), 'wrapper')
    writeFileSync(wrapper, `#!/bin/sh\n${line}\n`, { mode: 0o755 })
    return [wrapper, candyPipe, ...MACROS]
  }
}

/** Candy behind a shell that waits, so that pipe(8) is stuck in the middle of the message. */
function startSlow(reinject: 'sendmail' | 'candy-in'): Promise<CandyGround> {
  return startCandy({
    reinject,
    argv: wrapped('sleep 1; exec "$@"'),
  })
}

test.each(['sendmail', 'candy-in'] as const)(
  'a message cut short by the death of pipe(8) is not delivered by way of %s',
  async (reinject) => {
    const ground = await startSlow(reinject)
    try {
      // A service that has never served a message would be throttled by master(8).
      await deliver(ground.postfix.port, { ...letter, bytes: 'Subject: first\r\n\r\n' })
      await ground.sink.waitFor(1)
      await ground.postfix.waitUntilEmpty()
      ground.sink.clear()
      await deliver(ground.postfix.port, letter)
      const servers = (): readonly number[] => ground.postfix.servers('candy')
      await ground.postfix.waitUntil('pipe(8) writes', () =>
        servers().some((pid) => childrenOf(pid, '/wrapper ').length > 0),
      )
      for (const pid of servers()) signal(pid, 'SIGKILL')
      await ground.postfix.waitUntil('candy says why', async () =>
        (await ground.candyLog()).includes('pipe(8) went away'),
      )
      await ground.postfix.flush()
      const [message] = await ground.sink.waitFor(1)
      expect(message?.bytes.toString()).toContain(`\r\n\r\n${body}`)
      await ground.postfix.waitUntilEmpty()
      expect(ground.sink.count).toBe(1)
      expect(await ground.postfix.log()).not.toContain('status=bounced')
    } finally {
      await ground.stop()
    }
  },
)

test('a closed standard output changes nothing', async () => {
  const ground = await startCandy({
    argv: wrapped('exec "$@" >&- 2>&-'),
  })
  try {
    await deliver(ground.postfix.port, letter)
    await ground.sink.waitFor(1)
    await ground.writeFilter('50-later', '#!/bin/sh\ncat >/dev/null; exit 75\n')
    await deliver(ground.postfix.port, letter)
    await ground.postfix.waitForLog(/status=deferred/)
    await ground.removeFilter('50-later')
    await ground.postfix.flush()
    await ground.sink.waitFor(2)
    expect(await ground.postfix.log()).not.toContain('status=bounced')
  } finally {
    await ground.stop()
  }
})
