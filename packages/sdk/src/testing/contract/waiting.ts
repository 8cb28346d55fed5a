/** Waits in a check, always with a time limit. */
import { setTimeout as delay } from 'node:timers/promises'

/** Fails a check with a sentence about the filter. */
export function fail(text: string, cause?: unknown): never {
  throw new Error(text, cause === undefined ? {} : { cause })
}

/** The result of a promise. */
export type Settled<T> = { readonly value: T } | { readonly error: unknown }

/** Waits until the promise is fulfilled or rejected. Fails the check when it is not within `milliseconds`. */
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

/** Waits until the condition holds. Returns false when it does not hold within `milliseconds`. */
export async function eventually(condition: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; !condition(); ) {
    if (Date.now() > end) return false
    await delay(5)
  }
  return true
}
