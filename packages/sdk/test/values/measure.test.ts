import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDuration, parsePeriod, parseSize, ValueError } from '../../src/values/index.js'

function refusal(parse: () => unknown): { readonly what: string; readonly hint?: string } {
  try {
    return { what: `taken as ${String(parse())}` }
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    expect(error.code).toBe('CONFIG')
    const { what, hint } = error
    expect(error.message).toBe(hint === undefined ? what : `${what}; did you mean "${hint}"?`)
    return hint === undefined ? { what } : { what, hint }
  }
}

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['60 s', 60_000],
    [' 60\ts ', 60_000],
    ['2m', 120_000],
    ['2 minutes', 120_000],
    ['1 minute', 60_000],
    ['5min', 300_000],
    ['1h', 3_600_000],
    ['3d', 259_200_000],
    ['3 days', 259_200_000],
    ['007s', 7000],
  ])('%s is %i milliseconds', (text, value) => {
    expect(parseDuration(text)).toBe(value)
  })

  test.each([
    [60, '60 has no unit', '60s'],
    ['60', '60 has no unit', '60s'],
    ['5sec', 'unknown unit "sec" (ms, s, m, h, d)', '5s'],
    ['5MIN', 'unknown unit "MIN" (ms, s, m, h, d)', '5m'],
    ['5S', 'unknown unit "S" (ms, s, m, h, d)', '5s'],
    ['5 Hours', 'unknown unit "Hours" (ms, s, m, h, d)', '5h'],
  ])('%s is refused, and the right one is said', (written, what, hint) => {
    expect(refusal(() => parseDuration(written))).toEqual({ what, hint })
  })

  test.each([
    ['0s', 'a duration is more than 0: "1ms" is the shortest'],
    ['25d', 'too much: a duration is at most 24d'],
    ['60fortnights', 'unknown unit "fortnights" (ms, s, m, h, d)'],
    [0, '0 has no unit (ms, s, m, h, d)'],
    ['5constructor', 'unknown unit "constructor" (ms, s, m, h, d)'],
    ['5toString', 'unknown unit "toString" (ms, s, m, h, d)'],
    [`${'9'.repeat(400)}s`, 'too much: a duration is at most 24d'],
  ])('%s is refused: %s', (written, what) => {
    expect(refusal(() => parseDuration(written))).toEqual({ what })
  })

  test.each([
    '',
    's',
    '1.5s',
    '-1s',
    '1s2m',
    '1e3s',
    '٣s',
    '1s\n',
    '1\u00a0s',
    true,
    null,
    undefined,
    ['60s'],
    1.5,
    Number.NaN,
    {},
  ])('%j is no duration, and the units are named', (written) => {
    const what = 'not a duration: write a whole number and a unit (ms, s, m, h, d), "60s" say'
    expect(refusal(() => parseDuration(written))).toEqual({ what })
  })

  test('fits a timer of Node.js, whatever is written', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('ms', 's', 'm', 'h', 'd'), (count, unit) => {
        const { what } = refusal(() => parseDuration(`${count}${unit}`))
        const taken = /^taken as (\d+)$/.exec(what)
        if (taken !== null) expect(Number(taken[1])).toBeLessThan(2 ** 31)
        else expect(count === 0 || count * 86_400_000 >= 2 ** 31 - 1).toBe(true)
      }),
    )
  })
})

describe('a size', () => {
  test.each([
    ['4096B', 4096],
    ['4096 bytes', 4096],
    ['500kB', 500_000],
    ['64KiB', 65_536],
    ['25MB', 25_000_000],
    ['25MiB', 26_214_400],
    ['1GiB', 1_073_741_824],
  ])('%s is %i bytes', (text, value) => {
    expect(parseSize(text)).toBe(value)
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
    expect(refusal(() => parseSize(written))).toMatchObject({ hint })
  })

  test.each([
    ['0B', 'a size is more than 0: "1B" is the smallest'],
    ['99999999GiB', 'too much: a size is at most 8388607GiB'],
    ['many', 'not a size: write a whole number and a unit (B, kB, MB, GB, KiB, MiB, GiB), "25MiB" say'],
    ['25 sheets', 'unknown unit "sheets" (B, kB, MB, GB, KiB, MiB, GiB)'],
  ])('%s is refused: %s', (written, what) => {
    expect(refusal(() => parseSize(written))).toEqual({ what })
  })
})

test('whatever is written is a whole number of units or a ValueError', () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.anything(),
    fc.stringMatching(/^ ?\d{0,20} ?[A-Za-z]{0,12} ?$/),
  )
  fc.assert(
    fc.property(odd, fc.constantFrom(parseDuration, parseSize), (written, parse) => {
      const { what } = refusal(() => parse(written))
      if (what.startsWith('taken as '))
        expect(Number.isSafeInteger(Number(what.slice(9))) && Number(what.slice(9)) > 0).toBe(true)
    }),
  )
})

test('a period is a duration that may be longer than any timer', () => {
  expect(parsePeriod('30d')).toBe(30 * 86_400_000)
  expect(parsePeriod('500ms')).toBe(500)
  expect(parsePeriod('36500d')).toBe(36_500 * 86_400_000)
  expect(refusal(() => parsePeriod('36501d'))).toEqual({ what: 'too much: a duration is at most 36500d' })
  expect(refusal(() => parsePeriod('30'))).toEqual({ what: '30 has no unit', hint: '30s' })
})
