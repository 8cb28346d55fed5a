/** Says what goes on, and stops it when somebody wants it to end. */
import { performance } from 'node:perf_hooks'

export class Progress {
  readonly #begun = performance.now()
  #interrupted = false
  /** Rejects at SIGINT, SIGTERM or SIGHUP. */
  readonly interruption: Promise<never>

  constructor() {
    this.interruption = new Promise((_, reject) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(signal, () => {
          if (!this.#interrupted) this.say(`${signal}: ends as soon as all that was started is stopped`)
          this.#interrupted = true
          reject(new Error('interrupted'))
        })
      }
    })
    // Nobody may be waiting for it.
    this.interruption.catch(() => undefined)
  }

  get seconds(): number {
    return (performance.now() - this.#begun) / 1000
  }

  say(text: string): void {
    console.error(`${this.seconds.toFixed(0).padStart(4)} s  ${text}`)
  }

  /** Says what comes next. Throws where nothing may come any more. */
  next(text: string): void {
    if (this.#interrupted) throw new Error('interrupted')
    this.say(text)
  }
}
