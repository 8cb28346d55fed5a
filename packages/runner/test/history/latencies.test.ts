import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Latencies } from '../../src/history/latencies.js'

const milliseconds = fc.integer({ min: 0, max: 900_000 })
const some = fc.array(milliseconds, { minLength: 1, maxLength: 200 })

/** The smallest of the values that is not exceeded by this part of them. */
function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
}

test('a percentile is never below what it is, and above it by 6 % at most', () => {
  fc.assert(
    fc.property(some, some, (first, second) => {
      const [latencies, others] = [new Latencies(), new Latencies()]
      for (const value of first) latencies.add(value)
      for (const value of second) others.add(value)
      latencies.addAll(others)
      const all = [...first, ...second]
      const summary = latencies.summary()
      for (const [name, part] of [
        ['p50', 0.5],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const) {
        const exact = percentile(all, part)
        expect(summary?.[name]).toBeGreaterThanOrEqual(exact)
        expect(summary?.[name]).toBeLessThanOrEqual(exact * 1.06)
      }
      expect(summary?.max).toBe(Math.max(...all))
    }),
  )
})

test('of nothing there is no percentile', () => {
  expect(new Latencies().summary()).toBeUndefined()
})
