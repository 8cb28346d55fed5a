import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDuration, parseSize } from '../../src/site/units.js'

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['3d', 259_200_000],
    ['60 s', 60_000],
  ])('%s is %i milliseconds', (text, value) => {
    expect(parseDuration(text)).toEqual({ value })
  })

  test.each([
    [60, '60 has no unit', '60s'],
    ['60', '60 has no unit', '60s'],
    ['5sec', 'unknown unit "sec" (ms, s, m, h, d)', '5s'],
    ['5MIN', 'unknown unit "MIN" (ms, s, m, h, d)', '5m'],
    ['5S', 'unknown unit "S" (ms, s, m, h, d)', '5s'],
  ])('%s is refused, and the right one is said', (written, what, hint) => {
    expect(parseDuration(written)).toEqual({ what, hint })
  })

  test.each(['', 's', '1.5s', '-1s', '1s2m', '60fortnights', '0s', '25d', true, ['60s'], 1.5, 0, Number.NaN])(
    '%s is refused',
    (written) => {
      expect(parseDuration(written)).toHaveProperty('what')
      expect(parseDuration(written)).not.toHaveProperty('hint')
    },
  )

  test('fits a timer of Node.js, whatever is written', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('ms', 's', 'm', 'h', 'd'), (count, unit) => {
        const measure = parseDuration(`${count}${unit}`)
        if ('value' in measure) expect(measure.value).toBeLessThan(2 ** 31)
        else expect(count === 0 || count * 86_400_000 >= 2 ** 31 - 1).toBe(true)
      }),
    )
  })
})

describe('a size', () => {
  test.each([
    ['4096B', 4096],
    ['500kB', 500_000],
    ['64KiB', 65_536],
    ['25MB', 25_000_000],
    ['25MiB', 26_214_400],
    ['1GiB', 1_073_741_824],
  ])('%s is %i bytes', (text, value) => {
    expect(parseSize(text)).toEqual({ value })
  })

  test.each([
    [26_214_400, '25MiB'],
    [1_073_741_824, '1GiB'],
    [1000, '1000B'],
    ['1048576', '1MiB'],
    ['25M', '25MiB'],
    ['25mb', '25MB'],
    ['500KB', '500kB'],
    ['500k', '500KiB'],
    ['5mib', '5MiB'],
  ])('%s is refused, and %s is said', (written, hint) => {
    expect(parseSize(written)).toMatchObject({ hint })
  })

  test.each(['', 'many', '0B', '99999999GiB'])('%s is refused', (written) => {
    expect(parseSize(written)).toHaveProperty('what')
  })
})
