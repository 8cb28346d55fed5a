/** The values of a metric by their labels. */
import type { Labels } from './metric.js'

/**
 * Different labels that one metric has at most; those that come later are not counted. Whoever has the rights of candy can write any
 * names into the history, and must not fill the memory of the service, or of Prometheus, with them.
 */
const LIMIT = 1_000

export class Series<T> {
  readonly #make: () => T
  readonly #values = new Map<string, { readonly labels: Labels; readonly value: T }>()

  /** `make` makes the value for labels that are new. */
  constructor(make: () => T) {
    this.#make = make
  }

  /** The value for these labels, whose names always come in the same order; undefined when there are too many. */
  get(labels: Labels): T | undefined {
    const key = Object.values(labels).join('\n')
    const known = this.#values.get(key)
    if (known !== undefined) return known.value
    if (this.#values.size >= LIMIT) return undefined
    const value = this.#make()
    this.#values.set(key, { labels, value })
    return value
  }

  get all(): readonly { readonly labels: Labels; readonly value: T }[] {
    return [...this.#values.values()]
  }
}
