import { expect, test } from 'vitest'
import { readSpan } from '../../src/cli/span.js'

const NOW = new Date(2026, 10, 27, 21, 5)

test.each([
  [{}, new Date(2026, 9, 29), NOW],
  [{ since: '1d' }, new Date(2026, 10, 27), NOW],
  [{ since: '12h' }, new Date(2026, 10, 27, 9, 5), NOW],
  [{ since: '2026-11-01', until: '2026-11-20' }, new Date(2026, 10, 1), new Date(2026, 10, 21)],
  [{ since: '2026-11-20', until: '2026-11-20' }, new Date(2026, 10, 20), new Date(2026, 10, 21)],
  [{ since: '2026-11-01T08:30', until: '2026-11-20 18:00' }, new Date(2026, 10, 1, 8, 30), new Date(2026, 10, 20, 18)],
  [{ since: '2026-11-01', until: '2027-01-01' }, new Date(2026, 10, 1), NOW],
])('%j', (options, from, to) => {
  expect(readSpan(options, NOW)).toEqual({ from, to })
})

test.each([
  [{ since: '30' }, '--since 30: write days ("30d"'],
  [{ since: '0d' }, '--since 0d: write'],
  [{ since: 'yesterday' }, '--since yesterday: write'],
  [{ since: '2026-02-30' }, '--since 2026-02-30: write'],
  [{ since: '2026-11-01T24:00' }, '--since 2026-11-01T24:00: write'],
  [{ until: '7d' }, '--until 7d: write a day'],
  [{ since: '2026-11-02', until: '2026-11-01' }, '--since 2026-11-02 is not before --until 2026-11-01'],
  [{ since: '2026-11-28' }, '--since 2026-11-28 is in the future'],
  [{ since: '9999d' }, '--since 9999d: no history is older than 10 years'],
])('%j is refused', (options, message) => {
  expect(() => readSpan(options, NOW)).toThrow(message)
})
