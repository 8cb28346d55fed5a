/** A metric that only grows, for as long as the service runs. */
import type { Labels, Metric } from './metric.js'
import { Series } from './series.js'

export class Counter {
  readonly #name: string
  readonly #help: string
  readonly #series = new Series(() => ({ count: 0 }))

  constructor(name: string, help: string) {
    this.#name = name
    this.#help = help
  }

  add(labels: Labels, count = 1): void {
    const value = this.#series.get(labels)
    if (value !== undefined) value.count += count
  }

  get metric(): Metric {
    const samples = this.#series.all.map(({ labels, value }) => ({ labels, value: value.count }))
    return { name: this.#name, help: this.#help, type: 'counter', samples }
  }
}
