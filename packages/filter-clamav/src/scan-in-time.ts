/**
 * A scan that misses its deadline is either of a message for which clamd needs too long, or of a clamd that hangs. A hung
 * clamd should defer the mail. A slow message should not: each retry would cost the same time again, and any sender can cause
 * it. MaxScanTime of clamd.conf(5) does not prevent that: clamd checks it only now and then, and a message of very many
 * parts takes minutes whatever its value is.
 *
 * To tell the two apart, scanInTime() sends clamd a few bytes to scan while it scans the message. clamd starts scans in the
 * order received, so an answer to the later one shows that it has started on the message. When clamd answers such a test scan
 * after half of the time, and another shortly before the deadline, it does not hang: the message is slow.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '@candy/sdk'
import type { ClamdClient, ClamdScanResult } from './clamd/client.js'

/** When the test scans start, as fractions of the time until the deadline. */
const TEST_SCAN_AT = [0.5, 0.9] as const

/** The time in which clamd must answer each test scan, as a fraction of the time until the deadline. */
const TEST_SCAN_TIMEOUT = 0.08

/** Milliseconds, about 25 days: a timer of Node.js with a longer delay fires at once. With more time left, there are no test scans. */
const MAX_TIMER = 2 ** 31 - 1

type TimedScanResult = ClamdScanResult | { readonly kind: 'unscannable'; readonly text: string }

const TEST_BYTES: Uint8Array = Buffer.from('Is clamd there?\r\n')

/**
 * Scans; returns `unscannable` when the scan is not done after about 90 % of the time left although clamd answered both test
 * scans. Throws as `client.scan` does.
 */
export async function scanInTime(
  client: ClamdClient,
  open: () => AsyncIterable<Uint8Array>,
  { signal, remaining }: Pick<Context, 'signal' | 'remaining'>,
): Promise<TimedScanResult> {
  const scanAborter = new AbortController()
  const testAborter = new AbortController()
  const scanning = client.scan(open, AbortSignal.any([signal, scanAborter.signal])).finally(() => testAborter.abort())
  const bothAnswered = answersTestScans(client, remaining, AbortSignal.any([signal, testAborter.signal]))
  const first = await Promise.race([scanning, bothAnswered])
  // false: clamd may hang, so the scan goes on until the caller's deadline.
  if (first !== true) return await scanning
  scanAborter.abort()
  await scanning.catch(() => undefined)
  return { kind: 'unscannable', text: 'clamd needs more time for it than there is' }
}

/** Whether clamd answers all test scans in time. False as soon as it fails one or the signal aborts; never throws. */
async function answersTestScans(client: ClamdClient, remaining: number, signal: AbortSignal): Promise<boolean> {
  if (remaining > MAX_TIMER) return false
  const started = performance.now()
  try {
    for (const share of TEST_SCAN_AT) {
      await sleep(Math.max(0, started + share * remaining - performance.now()), undefined, { signal })
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(TEST_SCAN_TIMEOUT * remaining))])
      if ((await client.scan(testBytes, deadline)).kind !== 'clean') return false
    }
    return true
  } catch {
    return false
  }
}

async function* testBytes(): AsyncGenerator<Uint8Array, void, void> {
  yield TEST_BYTES
}
