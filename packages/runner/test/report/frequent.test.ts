import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frequent } from '../../src/report/frequent.js'

function count(keys: readonly string[]): Frequent<{ readonly latest: string; readonly text: string }> {
  const counts = new Frequent<{ readonly latest: string; readonly text: string }>()
  for (const key of keys) counts.add(key, { latest: '', text: key })
  return counts
}

test('of few texts every count is exact', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd')), (keys) => {
      const counts = count(keys)
      expect(counts.all).toBe(keys.length)
      for (const { text, times, atLeast } of counts.top(10)) {
        expect([times, atLeast]).toEqual([keys.filter((key) => key === text).length, false])
      }
      expect(counts.top(10)).toHaveLength(new Set(keys).size)
    }),
  )
})

test('of many texts no frequent one is missing, whenever it comes, and no count is too high', () => {
  const flood = Array.from({ length: 50_000 }, (_, n) => `stranger ${n}`)
  const often = Array.from({ length: 300 }, () => 'often')
  for (const keys of [
    [...often, ...flood],
    [...flood, ...often],
    [...flood.slice(0, 25_000), ...often, ...flood.slice(25_000)],
    flood.flatMap((key, n) => (n % 100 === 0 ? [key, 'often'] : [key])),
  ]) {
    const [first] = count(keys).top(1)
    expect(first?.text).toBe('often')
    expect(first?.times).toBeLessThanOrEqual(keys.filter((key) => key === 'often').length)
    expect(first?.times).toBeGreaterThan(200)
  }
})

test('a count that may be too low says so', () => {
  const flood = Array.from({ length: 5_000 }, (_, n) => `stranger ${n}`)
  const [first] = count(['late', ...flood, 'late', 'late']).top(1)
  expect(first).toMatchObject({ text: 'late', atLeast: true })
})
