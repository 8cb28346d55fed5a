/**
 * Counts how often each text occurs, in bounded memory, however many different ones strangers think of. When there are too many, the
 * rarest are forgotten. One that returns cannot have occurred more often before than any that was ever forgotten: so every count
 * has an upper limit, and no text that makes up more than one in `CAPACITY` is missing (as in Space-Saving; Metwally, Agrawal and
 * El Abbadi 2005).
 */

/** Texts that stay when others are forgotten. Twice as many are remembered at most. */
const CAPACITY = 1_000

export type Counted<T> = T & {
  /** How often it has certainly occurred. */
  readonly times: number
  /** Whether it may have occurred more often. */
  readonly atLeast: boolean
}

/** What is counted, as it was at one time. */
export interface Occurrence {
  /** ISO 8601, UTC, with milliseconds. */
  readonly latest: string
  readonly text?: string
}

interface Counter<T> {
  value: T
  times: number
  /** How often it may have occurred before it was remembered. */
  readonly before: number
}

export class Frequent<T extends Occurrence> {
  readonly #counters = new Map<string, Counter<T>>()
  /** No text that was forgotten has occurred more often. */
  #forgotten = 0
  #all = 0

  /** Of several values with one key the latest is shown. */
  add(key: string, value: T): void {
    this.#all += 1
    const counter = this.#counters.get(key)
    if (counter === undefined) this.#counters.set(key, { value, times: 1, before: this.#forgotten })
    else {
      counter.times += 1
      if (isLater(value, counter.value)) counter.value = value
    }
    if (this.#counters.size > 2 * CAPACITY) this.#forget()
  }

  /** How many were added. */
  get all(): number {
    return this.#all
  }

  /** The most frequent ones, the first most often. */
  top(length: number): readonly Counted<T>[] {
    return this.#sorted((one) => one.times)
      .slice(0, length)
      .map(([, { value, times, before }]) => ({ ...value, times, atLeast: before > 0 }))
  }

  #forget(): void {
    for (const [key, counter] of this.#sorted(mostOf).slice(CAPACITY)) {
      this.#forgotten = Math.max(this.#forgotten, mostOf(counter))
      this.#counters.delete(key)
    }
  }

  /** Largest first; the order of equals does not depend on the order in which they were added. */
  #sorted(by: (counter: Counter<T>) => number): readonly (readonly [string, Counter<T>])[] {
    return [...this.#counters].sort(([a, one], [b, other]) => by(other) - by(one) || (a < b ? -1 : 1))
  }
}

function mostOf({ times, before }: Counter<unknown>): number {
  return times + before
}

/** The same one of two, in whatever order they come. */
function isLater(one: Occurrence, other: Occurrence): boolean {
  return one.latest === other.latest ? (one.text ?? '') > (other.text ?? '') : one.latest > other.latest
}
