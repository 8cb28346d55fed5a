/** What a runner lends a filter for one message, for tests. */
import type { Context } from '../contract.js'

/** What a drop-in's `timeout` is unless it says. Milliseconds. */
const MINUTE = 60_000

export interface ContextOptions extends Partial<Omit<Context, 'remaining'>> {
  /** Until the deadline, from now; a minute unless said. Without a `signal` the context's own aborts then. */
  readonly milliseconds?: number
}

/** A context whose deadline comes when it is said to; it keeps no log unless one is given. */
export function testContext(options: ContextOptions = {}): Context {
  const { milliseconds = MINUTE, log = () => undefined, warn = () => undefined } = options
  const signal = options.signal ?? AbortSignal.timeout(milliseconds)
  const end = performance.now() + milliseconds
  return Object.freeze({
    signal,
    get remaining() {
      return signal.aborted ? 0 : Math.max(0, end - performance.now())
    },
    log,
    warn,
  })
}
