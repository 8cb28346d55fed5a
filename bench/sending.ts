/** Mail through a track, from a client's connection to the next hop's final dot. */
import { performance } from 'node:perf_hooks'
import { type Client, connect } from '../test/kit/client.js'
import type { Reply } from '../test/kit/replies.js'
import type { TestBed } from '../test/kit/test-bed.js'

/** That send at the same time. */
const SESSIONS = 10

/** Milliseconds after which mail that has not arrived never will. */
const TIME_LIMIT = 600_000

interface Options {
  readonly sessions?: number
  /** Done as soon as Postfix has accepted all. */
  readonly accepted?: () => Promise<void>
}

/** Sends so many messages, these again and again, and waits until the next hop has them all. Returns milliseconds. */
export async function sendMany(
  testBed: TestBed,
  messages: readonly Buffer[],
  count: number,
  options: Options = {},
): Promise<number> {
  const { postfix, sink } = testBed
  sink.clear()
  const begun = performance.now()
  let sent = 0
  await inSessions(postfix.port, Math.min(options.sessions ?? SESSIONS, count), async (client) => {
    while (sent < count) await send(client, messages[sent++ % messages.length] as Buffer)
  })
  await options.accepted?.()
  await sink.waitFor(count, TIME_LIMIT)
  const took = performance.now() - begun
  sink.clear()
  return took
}

/** Sends messages one at a time, each in a session of its own. Returns the milliseconds that each took. */
export async function sendAlone({ postfix, sink }: TestBed, bytes: Buffer, goesOn: () => boolean): Promise<number[]> {
  const times: number[] = []
  while (goesOn()) {
    sink.clear()
    const begun = performance.now()
    await inSessions(postfix.port, 1, (client) => send(client, bytes))
    await sink.waitFor(1, TIME_LIMIT)
    times.push(performance.now() - begun)
  }
  return times
}

async function inSessions(port: number, count: number, act: (client: Client) => Promise<void>): Promise<void> {
  const session = async (): Promise<void> => {
    await using client = await connect(port)
    await client.ehlo()
    await act(client)
  }
  await Promise.all(Array.from({ length: count }, session))
}

/** What an SMTP client says with PIPELINING (RFC 2920), as most do. */
const ENVELOPE = ['MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.net>', 'DATA']
const COMMANDS = Buffer.from(ENVELOPE.map((line) => `${line}\r\n`).join(''))
const END = Buffer.from('.\r\n')

async function send(client: Client, bytes: Buffer): Promise<void> {
  client.write(COMMANDS)
  for (const _ of ENVELOPE) good(await client.read(TIME_LIMIT))
  client.write(Buffer.concat([bytes, END]))
  good(await client.read(TIME_LIMIT))
}

export function good({ code, raw }: Reply): void {
  if (code >= 400) throw new Error(`not accepted: ${raw.toString('latin1').trimEnd()}`)
}
