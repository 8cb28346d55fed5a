/**
 * When work has to end: when its own time is over, when the work that it is a part of has to end, or when its owner aborts it.
 * Not an AbortSignal, of which a message would need several: making one costs more than all else that the chain does for a small
 * message. `signal` makes one when it is asked for.
 */
import { CandyError } from '@candy/sdk'

/** Called once, with the reason. */
export type AbortListener = (reason: Error) => void

export class Deadline {
  readonly #parent: Deadline | undefined
  readonly #timer: NodeJS.Timeout | undefined
  readonly #end: number
  readonly #listeners = new Set<AbortListener>()
  readonly #abortWithParent: AbortListener = (reason) => this.abort(reason)
  #controller: AbortController | undefined
  #reason: Error | undefined

  /** `parent` is the deadline of the work that this is a part of. Without `milliseconds` there is no time limit of its own. */
  constructor(parent?: Deadline, milliseconds?: number) {
    this.#parent = parent
    this.#end = milliseconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + milliseconds
    if (milliseconds !== undefined) {
      const late = (): void => this.abort(new CandyError('DEADLINE', `not done within ${milliseconds} ms`))
      this.#timer = setTimeout(late, milliseconds)
    }
    parent?.onAbort(this.#abortWithParent)
  }

  /** Why the work has to end; undefined while it may go on. */
  get reason(): Error | undefined {
    return this.#reason
  }

  /** Milliseconds until the end, its own or its parent's; 0 once the work has to end, `Infinity` when there is no time limit. */
  get remaining(): number {
    if (this.#reason !== undefined) return 0
    const own = Math.max(0, this.#end - performance.now())
    return Math.min(own, this.#parent?.remaining ?? Number.POSITIVE_INFINITY)
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

  /** Calls the listener when the deadline aborts; at once when it has already. */
  onAbort(listener: AbortListener): void {
    if (this.#reason === undefined) this.#listeners.add(listener)
    else listener(this.#reason)
  }

  /** Removes the listener. */
  offAbort(listener: AbortListener): void {
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

  /** The work is done: stops the timer and removes all listeners. May be called again. */
  end(): void {
    clearTimeout(this.#timer)
    this.#parent?.offAbort(this.#abortWithParent)
    this.#listeners.clear()
  }
}

/** The promise's value; throws the reason as soon as the deadline aborts, and the promise's later value has no effect. */
export function unlessAborted<T>(promise: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.onAbort(reject)
    promise.then(resolve, reject)
  })
}
