import { expect, test } from 'vitest'
import { parseTimestamp } from '../../src/trace/timestamp.js'

const WRITTEN = new Date(2026, 10, 27, 21).getTime()

test.each([
  ['2026-11-27T20:41:11Z x', '2026-11-27T20:41:11.000Z'],
  ['2026-11-27T20:41:11.242Z x', '2026-11-27T20:41:11.242Z'],
  ['2026-11-27T20:41:11.242123+01:00 x', '2026-11-27T19:41:11.242Z'],
  // As journalctl(1) writes it.
  ['2026-11-27T20:41:11.242123+0100 x', '2026-11-27T19:41:11.242Z'],
])('%s is %s', (line, expected) => {
  const timestamp = parseTimestamp(line, WRITTEN)
  expect(new Date(timestamp?.time ?? 0).toISOString()).toBe(expected)
  expect(line.slice(timestamp?.length)).toBe('x')
})

test('a line without a year is in local time, and is not younger than its file', () => {
  expect(parseTimestamp('Nov 27 20:41:11 mx', WRITTEN)?.time).toBe(new Date(2026, 10, 27, 20, 41, 11).getTime())
  expect(parseTimestamp('Nov  7 20:41:11 mx', WRITTEN)?.time).toBe(new Date(2026, 10, 7, 20, 41, 11).getTime())
  expect(parseTimestamp('Dec 31 23:59:59 mx', WRITTEN)?.time).toBe(new Date(2025, 11, 31, 23, 59, 59).getTime())
  // The clock may have been set a little since.
  expect(parseTimestamp('Nov 28 02:00:00 mx', WRITTEN)?.time).toBe(new Date(2026, 10, 28, 2).getTime())
})

test.each(['', 'Nov', 'Now 27 20:41:11 mx', '2026-13-99T20:41:11Z x', '2026-11-27 20:41:11 x', ' Nov 27 20:41:11 mx'])(
  '%j has none',
  (line) => {
    expect(parseTimestamp(line, WRITTEN)).toBeUndefined()
  },
)
