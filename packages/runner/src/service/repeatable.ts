/**
 * An action that never runs twice at the same time. All requests that come while it runs are served by one more run, which begins
 * when that one has ended.
 */
export class Repeatable<T> {
  readonly #act: () => Promise<T>
  #running: Promise<T> | undefined
  #next: Promise<T> | undefined
  #ended = false

  constructor(act: () => Promise<T>) {
    this.#act = act
  }

  /** Resolves with the result of a run that begins after this call. Rejects once `end` was called. */
  request(): Promise<T> {
    if (this.#ended) return Promise.reject(new Error('the service is stopping'))
    if (this.#running === undefined) {
      this.#running = this.#act().finally(() => {
        this.#running = undefined
      })
      return this.#running
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.request()
      })
    return this.#next
  }

  /** Refuses further runs, and resolves when the run that is under way has ended. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#running?.catch(() => {})
  }
}
