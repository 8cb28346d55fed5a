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
  // Nearly all scans are done long before the first test: what costs time, such as signals made of others, is made when one starts.
  const aborter = new AbortController()
  const abort = (): void => aborter.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  const tests = new TestScans(client, remaining)
  try {
    const scanning = client.scan(open, aborter.signal)
    const first = await Promise.race([scanning, tests.answered])
    if (first !== 'answered') return first
    aborter.abort()
    await scanning.catch(() => undefined)
    return { kind: 'unscannable', text: 'clamd needs more time for it than there is' }
  } finally {
    tests.stop()
    signal.removeEventListener('abort', abort)
  }
}

/** The test scans beside one scan. */
class TestScans {
  /** Resolves when clamd has answered all of them in time. Does not settle otherwise: clamd may hang, so the scan goes on until its deadline. */
  readonly answered: Promise<'answered'>
  readonly #client: ClamdClient
  readonly #remaining: number
  readonly #started = performance.now()
  #timer: NodeJS.Timeout | undefined
  #running: AbortController | undefined

  /** `remaining` is the number of milliseconds until the deadline. */
  constructor(client: ClamdClient, remaining: number) {
    this.#client = client
    this.#remaining = remaining
    this.answered = new Promise((resolve) => {
      if (remaining <= MAX_TIMER) this.#schedule(TEST_SCAN_AT, () => resolve('answered'))
    })
  }

  /** Ends the one that runs, and starts no other. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#running?.abort()
  }

  #schedule([share, ...others]: readonly number[], done: () => void): void {
    if (share === undefined) {
      done()
      return
    }
    const delay = this.#started + share * this.#remaining - performance.now()
    this.#timer = setTimeout(() => void this.#run(others, done), Math.max(0, delay))
  }

  async #run(others: readonly number[], done: () => void): Promise<void> {
    const running = new AbortController()
    this.#running = running
    const timeout = AbortSignal.timeout(Math.ceil(TEST_SCAN_TIMEOUT * this.#remaining))
    try {
      const { kind } = await this.#client.scan(testBytes, AbortSignal.any([running.signal, timeout]))
      if (kind === 'clean' && !running.signal.aborted) this.#schedule(others, done)
    } catch {
      // clamd has not answered it in time, or the scan is done.
    }
  }
}

async function* testBytes(): AsyncGenerator<Uint8Array, void, void> {
  yield TEST_BYTES
}
