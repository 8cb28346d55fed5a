import fc from 'fast-check'
import { expect, test } from 'vitest'
import { finderIn, periodsOf, stepFor } from '../../src/report/calendar.js'

const YEAR = 365 * 86_400_000
const span = fc
  .tuple(
    fc.date({ min: new Date(2020, 0, 1), max: new Date(2030, 0, 1), noInvalidDate: true }),
    fc.integer({ min: 1, max: 10 * YEAR }),
  )
  .map(([from, length]) => ({ from, to: new Date(from.getTime() + length) }))

test('periods follow each other, cover the span, and are as many as a chart can show', () => {
  fc.assert(
    fc.property(span, (any) => {
      const periods = periodsOf(any, stepFor(any))
      expect(periods.length).toBeLessThanOrEqual(125)
      expect(periods[0]?.from.getTime()).toBeLessThanOrEqual(any.from.getTime())
      expect(periods.at(-1)?.to.getTime()).toBeGreaterThanOrEqual(any.to.getTime())
      for (const [index, { from, to }] of periods.entries()) {
        expect(to.getTime()).toBeGreaterThan(from.getTime())
        if (index > 0) expect(from).toEqual(periods[index - 1]?.to)
      }
    }),
  )
})

test('the period of a time is the one that it is in', () => {
  fc.assert(
    fc.property(span, fc.double({ min: 0, max: 1, noNaN: true }), (any, part) => {
      const periods = periodsOf(any, stepFor(any))
      const time = any.from.getTime() + part * (any.to.getTime() - any.from.getTime() - 1)
      const found = periods[finderIn(periods)(time)]
      expect(found?.from.getTime()).toBeLessThanOrEqual(time)
      expect(found?.to.getTime()).toBeGreaterThan(time)
    }),
  )
})

test.each([
  [new Date(2026, 10, 27, 8, 20), new Date(2026, 10, 27, 20, 10), 'hour', 13],
  [new Date(2026, 9, 29), new Date(2026, 10, 27, 12), 'day', 30],
  [new Date(2026, 0, 1), new Date(2026, 11, 31), 'week', 53],
  [new Date(2020, 0, 1), new Date(2026, 0, 1), 'month', 72],
] as const)('from %s to %s: by %s', (from, to, step, length) => {
  expect(stepFor({ from, to })).toBe(step)
  expect(periodsOf({ from, to }, step)).toHaveLength(length)
})
