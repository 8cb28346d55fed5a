import { expect, test } from 'vitest'
import {
  formatCount,
  formatDuration,
  formatPeriod,
  formatShare,
  formatSize,
  formatSpan,
  formatZone,
} from '../../src/report/format.js'

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [1_234_567, '1,234,567'],
])('the count %i', (count, text) => {
  expect(formatCount(count)).toBe(text)
})

test.each([
  [0, 10, '0%'],
  [0, 0, '0%'],
  [1, 100_000, '<0.1%'],
  [99_999, 100_000, '>99.9%'],
  [1, 3, '33.3%'],
  [3, 3, '100%'],
])('%i of %i', (part, all, text) => {
  expect(formatShare(part, all)).toBe(text)
})

test.each([
  [1, '1 byte'],
  [999, '999 bytes'],
  [1_024, '1 KiB'],
  [4_404_019, '4.2 MiB'],
  [48e9, '45 GiB'],
])('the size %i', (size, text) => {
  expect(formatSize(size)).toBe(text)
})

test.each([
  [0, '0 ms'],
  [340, '340 ms'],
  [2_140, '2.1 s'],
  [30_000, '30 s'],
  [210_000, '3.5 min'],
  [4_320_000, '1.2 h'],
])('%i ms', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text)
})

test.each([
  [new Date(2026, 10, 1), new Date(2026, 11, 1), '1 Nov 2026 – 30 Nov 2026'],
  [new Date(2026, 10, 1), new Date(2026, 10, 2), '1 Nov 2026'],
  [new Date(2026, 10, 1), new Date(2026, 10, 27, 9, 5), '1 Nov 2026 – 27 Nov 2026, 09:05'],
  [new Date(2026, 10, 27), new Date(2026, 10, 27, 9, 5), '27 Nov 2026, until 09:05'],
  [new Date(2026, 10, 27, 8), new Date(2026, 10, 27, 9, 5), '27 Nov 2026, 08:00 – 09:05'],
  [new Date(2026, 10, 26, 21, 5), new Date(2026, 10, 27, 9, 5), '26 Nov 2026, 21:05 – 27 Nov 2026, 09:05'],
])('from %s to %s: whole days are named without times', (from, to, text) => {
  expect(formatSpan({ from, to })).toBe(text)
})

test.each([
  ['hour', 'Fri 27 Nov, 14:00'],
  ['day', 'Fri 27 Nov'],
  ['week', 'week of 27 Nov 2026'],
  ['month', 'Nov 2026'],
] as const)('a period of one %s', (step, text) => {
  const from = new Date(2026, 10, 27, 14)
  expect(formatPeriod({ from, to: from }, step)).toBe(text)
})

test('the time zone is said with what it is ahead of UTC', () => {
  expect(formatZone(new Date())).toMatch(/^(?:UTC|[\w/+-]+, UTC(?:[+−]\d\d:\d\d)?)$/)
})
