/**
 * An end that work may come to early: by its own time, with the work that it is a part of, or by a word from its owner.
 * Not an AbortSignal, of which a message would need several: making one costs more than a small message's way through the
 * chain. There is one for whoever asks.
 */
import { CandyError } from '@candy/sdk'

/** Told why, once. */
export type Listener = (reason: Error) => void

export class Deadline {
  readonly #whole: Deadline | undefined
  readonly #timer: NodeJS.Timeout | undefined
  readonly #end: number
  readonly #listeners = new Set<Listener>()
  readonly #follow: Listener = (reason) => this.abort(reason)
  #controller: AbortController | undefined
  #reason: Error | undefined

  /** `whole` is the deadline of the work that this is a part of. `milliseconds` absent: no time of its own. */
  constructor(whole?: Deadline, milliseconds?: number) {
    this.#whole = whole
    this.#end = milliseconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + milliseconds
    if (milliseconds !== undefined) {
      const late = (): void => this.abort(new CandyError('DEADLINE', `not done within ${milliseconds} ms`))
      this.#timer = setTimeout(late, milliseconds)
    }
    whole?.listen(this.#follow)
  }

  /** Why the work has to end; undefined while it may go on. */
  get reason(): Error | undefined {
    return this.#reason
  }

  /** Milliseconds until the end, its own or that of the whole; 0 once the work has to end, `Infinity` without any time. */
  get remaining(): number {
    if (this.#reason !== undefined) return 0
    const own = Math.max(0, this.#end - performance.now())
    return Math.min(own, this.#whole?.remaining ?? Number.POSITIVE_INFINITY)
  }

  /** Aborts with the deadline, with the same reason. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  throwIfAborted(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  /** Has the listener called at the abort; at once when that was before. */
  listen(listener: Listener): void {
    if (this.#reason === undefined) this.#listeners.add(listener)
    else listener(this.#reason)
  }

  /** The listener is not called any more. */
  unlisten(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  /** Only the first abort counts. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    const listeners = [...this.#listeners]
    this.end()
    this.#controller?.abort(reason)
    for (const listener of listeners) listener(reason)
  }

  /** Frees the timer, and lets go of the whole and of all listeners: the work is done. May be called again. */
  end(): void {
    clearTimeout(this.#timer)
    this.#whole?.unlisten(this.#follow)
    this.#listeners.clear()
  }
}

/** What the promise gives, or the reason as soon as the deadline aborts; what the promise says after that is not heard. */
export function unlessAborted<T>(promise: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.listen(reject)
    promise.then(resolve, reject)
  })
}
