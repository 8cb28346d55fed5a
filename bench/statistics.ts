/** Of some numbers; not a number of none. */

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The number that so large a part of all is not above: nearest rank. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
}
