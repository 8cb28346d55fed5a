/**
 * Telling a message that takes clamd too long from a clamd that answers nobody. Both look alike until the deadline, and then the mail
 * would come again: for the second that is right; the first would cost clamd the same time again and again, and anybody can send
 * it. clamd looks at its own MaxScanTime only now and then: a mail of very many parts takes minutes whatever that says.
 *
 * So clamd is asked to scan a few bytes meanwhile. It takes requests in the order in which they come: when it answers, it had begun
 * with the message before. When it does so at half the time, and again shortly before the end, the message is what takes so long.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '@candy/sdk'
import type { ClamdClient, ScanResult } from './clamd/client.js'

/** Shares of the time until the deadline after which clamd is asked to scan a few bytes. */
const ASKED_AT = [0.5, 0.9] as const

/** Share of the time in which clamd must answer each of these requests. */
const ANSWER_TIME = 0.08

/** The longest that a timer of Node.js waits, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1

type Outcome = ScanResult | { readonly kind: 'unscannable'; readonly text: string }

const PROBE: Uint8Array = Buffer.from('Is clamd there?\r\n')

/** As `client.scan`, but unscannable shortly before the deadline where clamd answers others in the meantime. */
export async function scanInTime(
  client: ClamdClient,
  open: () => AsyncIterable<Uint8Array>,
  { signal, remaining }: Pick<Context, 'signal' | 'remaining'>,
): Promise<Outcome> {
  const stop = new AbortController()
  const done = new AbortController()
  const scanning = client.scan(open, AbortSignal.any([signal, stop.signal])).finally(() => done.abort())
  const slow = answersOthers(client, remaining, AbortSignal.any([signal, done.signal]))
  const first = await Promise.race([scanning, slow])
  if (first !== true) return await scanning
  stop.abort()
  await scanning.catch(() => undefined)
  return { kind: 'unscannable', text: 'clamd needs more time for it than there is' }
}

/** Whether clamd answers all the times it is asked; false as soon as it does not, or the signal aborts. */
async function answersOthers(client: ClamdClient, remaining: number, signal: AbortSignal): Promise<boolean> {
  if (remaining > MAX_TIMER) return false
  const started = performance.now()
  try {
    for (const share of ASKED_AT) {
      await sleep(Math.max(0, started + share * remaining - performance.now()), undefined, { signal })
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(ANSWER_TIME * remaining))])
      if ((await client.scan(probe, deadline)).kind !== 'clean') return false
    }
    return true
  } catch {
    return false
  }
}

async function* probe(): AsyncGenerator<Uint8Array, void, void> {
  yield PROBE
}
