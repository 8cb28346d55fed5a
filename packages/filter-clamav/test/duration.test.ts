import { expect, test } from 'vitest'
import { parseDuration } from '../src/duration.js'

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['5 min', 300_000],
  ['2h', 7_200_000],
  ['3d', 259_200_000],
  ['3 days', 259_200_000],
  ['0s', 0],
])('%s is %i ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each([30, '30'])('the bare number %j is refused with the units named', (value) => {
  expect(() => parseDuration(value)).toThrow(
    '30 has no unit: write "30s" for seconds; the units are ms, s, m (minutes), h and d',
  )
})

test.each(['', 'soon', '3 weeks', '-1s', '1.5h', '1h30m', 's', 'toString', '1constructor', null, ['3s'], true])(
  '%j is no duration',
  (value) => {
    expect(() => parseDuration(value)).toThrow(/not a duration: .*; the units are/)
  },
)
