import { expect, test } from 'vitest'
import { parseDuration, parseSize } from '../src/unit.js'

test.each([
  ['512B', 512],
  ['500KiB', 512_000],
  ['25 MiB', 26_214_400],
  ['1GiB', 1_073_741_824],
])('%s is a size', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test.each([
  ['250ms', 250],
  ['10s', 10_000],
  ['2m', 120_000],
  ['1h', 3_600_000],
])('%s is a duration', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each([500, '500'])('the bare number %j is told its units', (value) => {
  expect(() => parseSize(value)).toThrow('a size needs a unit; write "500B" or "500KiB"')
  expect(() => parseDuration(value)).toThrow('a duration needs a unit; write "500s" or "500ms"')
})

test.each(['500KB', '10kib', '5constructor'])('%s names the units there are', (text) => {
  expect(() => parseSize(text)).toThrow('there are B, KiB, MiB, GiB')
})

test.each(['', 'KiB', '-1s', '1.5s', '1e3s', ' 1s', '1s ', null, true, {}, ['1s'], Number.NaN])(
  '%j is nothing',
  (value) => {
    expect(() => parseSize(value)).toThrow(RangeError)
    expect(() => parseDuration(value)).toThrow(RangeError)
  },
)
