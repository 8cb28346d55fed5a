/** How long things took: for each of some bounds, how many took no longer. */
import type { Labels, Metric, Sample } from './metric.js'
import { Series } from './series.js'

/** Seconds: from a filter that looks at a header to a message that waits for its scanner until the deadline. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, Number.POSITIVE_INFINITY] as const

interface Durations {
  /** One for each bound, without those of smaller bounds. */
  readonly counts: number[]
  sum: number
}

export class Histogram {
  readonly #name: string
  readonly #help: string
  readonly #series = new Series<Durations>(() => ({ counts: BOUNDS.map(() => 0), sum: 0 }))

  constructor(name: string, help: string) {
    this.#name = name
    this.#help = help
  }

  add(labels: Labels, seconds: number): void {
    const durations = this.#series.get(labels)
    if (durations === undefined) return
    const at = BOUNDS.findIndex((bound) => seconds <= bound)
    durations.counts[at] = (durations.counts[at] ?? 0) + 1
    durations.sum += seconds
  }

  get metric(): Metric {
    const samples = this.#series.all.flatMap(({ labels, value }) => samplesOf(labels, value))
    return { name: this.#name, help: this.#help, type: 'histogram', samples }
  }
}

function samplesOf(labels: Labels, { counts, sum }: Durations): readonly Sample[] {
  let total = 0
  const buckets = BOUNDS.map((bound, index): Sample => {
    total += counts[index] ?? 0
    const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound)
    return { suffix: '_bucket', labels: { ...labels, le }, value: total }
  })
  return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: total }]
}
