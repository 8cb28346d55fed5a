/** Makes the `Context` that a filter gets for one message, for tests. */
import type { Context } from '../contract.js'

/** Milliseconds: the default of `timeout` in a drop-in. */
const DEFAULT_TIMEOUT = 60_000

export interface ContextOptions extends Partial<Omit<Context, 'remaining'>> {
  /** Milliseconds from now until the deadline; default: a minute. Without a `signal`, the context's own signal aborts then. */
  readonly milliseconds?: number
}

/** Makes a context with this deadline. Without `log` and `warn`, what the filter logs is discarded. */
export function testContext(options: ContextOptions = {}): Context {
  const { milliseconds = DEFAULT_TIMEOUT, log = () => undefined, warn = () => undefined } = options
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
