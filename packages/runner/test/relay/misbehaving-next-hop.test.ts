/**
 * A next hop that does not keep to SMTP: success is reported only for a message that the next hop has completely, whatever else
 * it sends and whenever; a message is sent once for each time that it comes; and the session goes on, or ends with 421.
 */
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Client, connect } from '../../../../test/kit/client.js'
import { ConnectionPool } from '../../src/delivery/connection-pool.js'
import {
  type Act,
  KEYWORDS,
  type MisbehavingNextHop,
  type Step,
  startMisbehavingNextHop,
} from '../delivery/misbehaving-next-hop.js'
import { actsOf, misdeeds } from '../delivery/misbehaviour.js'
import { scratch } from '../support.js'
import { MESSAGE, type RelayOptions, type StartedRelay, startRelay } from './started-relay.js'

async function start(
  keywords: readonly string[] = KEYWORDS,
  options: Pick<RelayOptions, 'deadline' | 'replyTimeout' | 'pool'> = {},
): Promise<{ relay: StartedRelay; nextHop: MisbehavingNextHop }> {
  const path = join(scratch(), 'nextHop')
  const nextHop = await startMisbehavingNextHop(path, keywords)
  const relay = await startRelay({ nextHop: { path }, ...options })
  onTestFinished(() => nextHop.stop())
  return { relay, nextHop }
}

/**
 * The time limit where a next hop may be silent. On a busy machine a correct one may be as late, so the last message may need another
 * try.
 */
const SOON = { deadline: 200, replyTimeout: 200 }

/** The next hop misbehaves at one step, and answers correctly at all others. */
function at(wanted: Step, act: Act): (step: Step) => Act {
  return (step) => (step === wanted ? act : {})
}

/** Sends a message whose first line is `firstLine`; returns the last reply code. */
async function send(client: Client, firstLine: string): Promise<number> {
  const lines = [`XFORWARD IDENT=${firstLine}`, 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.net>', 'DATA']
  for (const line of lines) {
    const { code } = await client.command(line)
    if (code >= 400) return code
  }
  return (await client.content(`${firstLine}\r\n\r\nbody\r\n`)).code
}

describe.each([
  ['DATA', KEYWORDS],
  ['BDAT', [...KEYWORDS, 'CHUNKING']],
] as const)('that takes %s', (by, keywords) => {
  const faults: readonly (readonly [Step, Act])[] = [
    ['data', { say: '250 2.0.0 Ok: kept\r\n' }],
    ['data', { say: '250 2.0.0 Ok: kept\r\n', ending: 'close' }],
    ['data', { say: '354 go on\r\n250 2.0.0 Ok: kept\r\n' }],
    ['data', { say: '354 go on\r\n250 2.0.0 Ok: kept\r\n', ending: 'close' }],
    ['data', { say: '354 go on\r\n552 5.3.4 too big\r\n' }],
    ['end', { say: '250-kept\r\n550 5.7.1 not kept\r\n' }],
    ['end', { say: '550-5.7.1 not kept\r\n250 kept\r\n' }],
    ['end', { say: '354 go on\r\n' }],
    ['end', { say: '221 2.0.0 Bye\r\n' }],
    ['end', { say: '250-', ending: 'close' }],
    ['end', { say: '25', ending: 'close' }],
    ['end', { say: '250-kept\r\n', ending: 'silence' }],
    ['end', { say: '250-more\r\n'.repeat(10_000) }],
    ['end', { say: 'x'.repeat(100_000) }],
    ['end', { say: '\0\r\n' }],
  ]
  test.each(faults.filter(([step]) => step !== 'data' || by === 'DATA'))(
    'and misbehaves at %s has not taken the message (%#)',
    async (step, act) => {
      const { relay, nextHop } = await start(keywords, SOON)
      nextHop.behave(at(step, act))
      const code = await send(await relay.greet(), 'Subject: one')
      expect(code).toBeGreaterThanOrEqual(400)
      expect(code).toBeLessThan(500)
      nextHop.behave(() => ({}))
      await expect.poll(async () => send(await relay.greet(), 'Subject: two')).toBe(250)
    },
  )

  test('and sends more replies than commands is not used again on that connection', async () => {
    const { relay, nextHop } = await start(keywords)
    nextHop.behave((step, connection) => (step === 'rcpt' && connection === 1 ? { after: '250 2.0.0 kept\r\n' } : {}))
    const client = await relay.greet()
    expect(await send(client, 'Subject: one')).toBe(250)
    expect(nextHop.connections).toBe(2)
    expect(nextHop.messages).toEqual([{ firstLine: 'Subject: one', accepted: true }])
  })
})

test.each(['SIZE -5', 'SIZE 0x10', 'SIZE 1e1', 'SIZE ten', 'SIZE'])(
  'a next hop that offers %j takes all mail',
  async (size) => {
    const { relay } = await start(['PIPELINING', size])
    const client = await relay.greet()
    expect((await client.send(MESSAGE)).code).toBe(250)
  },
)

test('a million recipients take no more memory than ten thousand', async () => {
  const { relay } = await start()
  const client = await relay.greet()
  await client.expect('MAIL FROM:<a@example.com>')
  const count = 10_500
  client.write(Array.from({ length: count }, (_, n) => `RCPT TO:<r${n}@example.net>\r\n`).join(''))
  const codes = new Map<string, number>()
  for (let n = 0; n < count; n++) {
    const { code, lines } = await client.read()
    const reply = `${code} ${lines.join(' ')}`
    codes.set(reply, (codes.get(reply) ?? 0) + 1)
  }
  expect([...codes]).toEqual([
    ['250 2.1.5 Ok', 9_999],
    ['452 4.5.3 too many recipients', 501],
  ])
})

/** For each message, whether it comes in the session of the one before. */
const sessions = fc.array(fc.boolean(), { minLength: 1, maxLength: 3 })

test.each([
  ['DATA', KEYWORDS],
  ['BDAT', [...KEYWORDS, 'CHUNKING']],
  ['DATA without PIPELINING', KEYWORDS.slice(1)],
] as const)(
  'by %s, success is reported only for a complete message, and nothing is sent twice',
  async (_, keywords) => {
    await fc.assert(
      fc.asyncProperty(misdeeds, sessions, async (wrong, together) => {
        const pool = new ConnectionPool()
        const { relay, nextHop } = await start(keywords, { ...SOON, pool })
        nextHop.behave(actsOf(wrong))
        let client: Client | undefined
        for (const [number, again] of together.entries()) {
          const firstLine = `Subject: ${number}`
          const code = await (async () => {
            if (client === undefined || !again) {
              client = await connect(relay.path)
              if ((await client.command('LHLO mx.example.test')).code !== 250) return 421
            }
            return send(client, firstLine)
          })().catch(() => 0)
          if (code === 0 || code === 421) {
            client?.close()
            client = undefined
          }
          const received = nextHop.messages.filter((one) => one.firstLine === firstLine)
          expect(received.length).toBeLessThanOrEqual(1)
          if (code === 250) expect(received).toEqual([{ firstLine, accepted: true }])
        }
        client?.close()
        nextHop.behave(() => ({}))
        pool.close()
        await expect.poll(async () => send(await relay.greet(), 'Subject: last')).toBe(250)
        await nextHop.stop()
      }),
      { numRuns: 100 },
    )
  },
)
