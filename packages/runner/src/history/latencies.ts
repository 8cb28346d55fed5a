/**
 * How long things took, as numbers in bins: each bin reaches a twelfth of an octave, so that a percentile is wrong by 6 % at most, and
 * the bins of many moments can be added up.
 */

const BINS_PER_OCTAVE = 12

export interface LatencySummary {
  /** Milliseconds within which half of all were done, and so on. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export class Latencies {
  readonly #bins = new Map<number, number>()
  #count = 0
  #max = 0

  add(milliseconds: number): void {
    this.#addBin(binOf(milliseconds), 1)
    this.#max = Math.max(this.#max, milliseconds)
  }

  addAll(other: Latencies): void {
    for (const [bin, count] of other.#bins) this.#addBin(bin, count)
    this.#max = Math.max(this.#max, other.#max)
  }

  /** Undefined as long as nothing was added. */
  summary(): LatencySummary | undefined {
    if (this.#count === 0) return undefined
    const [p50 = 0, p95 = 0, p99 = 0] = this.#percentiles([0.5, 0.95, 0.99])
    return { p50, p95, p99, max: this.#max }
  }

  #addBin(bin: number, count: number): void {
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count)
    this.#count += count
  }

  /** The parts must ascend. */
  #percentiles(parts: readonly number[]): readonly number[] {
    const found: number[] = []
    let passed = 0
    for (const [bin, count] of [...this.#bins].toSorted(([a], [b]) => a - b)) {
      passed += count
      while (found.length < parts.length && passed >= (parts[found.length] ?? 1) * this.#count) {
        found.push(Math.min(upperEnd(bin), this.#max))
      }
    }
    return found
  }
}

/** Bin 0 is for less than a millisecond. */
function binOf(milliseconds: number): number {
  return milliseconds < 1 ? 0 : Math.floor(Math.log2(milliseconds) * BINS_PER_OCTAVE) + 1
}

/** The largest whole number in the bin. */
function upperEnd(bin: number): number {
  return bin === 0 ? 0 : Math.max(1, Math.ceil(2 ** (bin / BINS_PER_OCTAVE)) - 1)
}
