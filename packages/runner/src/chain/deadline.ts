/** A signal with an end: its own time, its parent's abort, or a word from its owner. */
import { CandyError } from '@candy/sdk'

export interface Deadline {
  readonly signal: AbortSignal
  abort(reason: Error): void
  /** Frees the timer and lets go of the parent. The signal then never aborts by itself. */
  end(): void
}

/** `milliseconds` absent: no time of its own. */
export function startDeadline(parent: AbortSignal, milliseconds?: number): Deadline {
  const controller = new AbortController()
  const follow = (): void => controller.abort(parent.reason)
  if (parent.aborted) follow()
  else parent.addEventListener('abort', follow, { once: true })
  const timer =
    milliseconds === undefined
      ? undefined
      : setTimeout(
          () => controller.abort(new CandyError('DEADLINE', `not done within ${milliseconds} ms`)),
          milliseconds,
        )
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    end: () => {
      clearTimeout(timer)
      parent.removeEventListener('abort', follow)
    },
  }
}

/** What the promise gives, or the signal's reason as soon as it aborts; what the promise says after that is not heard. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject)
  })
}
