/** Waiting in a check: never for ever, and never for a fixed time where a condition can be watched. */
import { setTimeout as delay } from 'node:timers/promises'

/** Fails a check with a sentence about the filter. */
export function fail(text: string, cause?: unknown): never {
  throw new Error(text, cause === undefined ? {} : { cause })
}

/** What a promise came to. */
export type Settled<T> = { readonly value: T } | { readonly error: unknown }

/** Waits for the promise to settle, either way; fails the check when it has not within `milliseconds`. */
export async function settled<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<Settled<T>> {
  const timer = new AbortController()
  try {
    return await Promise.race([
      promise.then(
        (value): Settled<T> => ({ value }),
        (error: unknown): Settled<T> => ({ error }),
      ),
      delay(milliseconds, undefined, { signal: timer.signal }).then(() => fail(`${what} within ${milliseconds} ms`)),
    ])
  } finally {
    timer.abort()
  }
}

/** Waits until the condition holds; false when it does not within `milliseconds`. */
export async function eventually(condition: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; !condition(); ) {
    if (Date.now() > end) return false
    await delay(5)
  }
  return true
}
