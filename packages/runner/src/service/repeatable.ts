/** An action that runs once at a time; asked for again meanwhile, it runs once more afterwards, for all who asked. */
export class Repeatable<T> {
  readonly #act: () => Promise<T>
  #running: Promise<T> | undefined
  #next: Promise<T> | undefined
  #ended = false

  constructor(act: () => Promise<T>) {
    this.#act = act
  }

  /** What comes of a run that begins from now on. Rejects when there will be none. */
  again(): Promise<T> {
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
        return this.again()
      })
    return this.#next
  }

  /** Waits for a run that is under way; there will be no other. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#running?.catch(() => {})
  }
}
