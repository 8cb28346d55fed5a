/** Of some numbers; not a number of none. */

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The median of the ratios within each round: what slows a machine down for a round slows both. */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  return median(values.slice(0, others.length).map((value, round) => value / (others[round] ?? Number.NaN)))
}

/** The number that so large a part of all is not above: nearest rank. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
}
