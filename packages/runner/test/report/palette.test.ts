/** The contrast of the colours, as WCAG 2.2 defines it: 4.5 for text (1.4.3), 3 for what charts are made of (1.4.11). */
import { describe, expect, test } from 'vitest'
import { DARK, LIGHT } from '../../src/report/palette.js'

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
}

test('contrast is computed as WCAG says', () => {
  expect(contrast('#ffffff', '#000000')).toBeCloseTo(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 1)
})

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
])('on %s', (_, palette) => {
  test.each(['ink', 'soft'] as const)('text in %s can be read', (name) => {
    expect(contrast(palette[name], palette.paper)).toBeGreaterThanOrEqual(4.5)
  })

  test.each(['accept', 'refuse', 'quarantine', 'discard', 'defer'] as const)('bars of %s can be seen', (name) => {
    expect(contrast(palette[name], palette.paper)).toBeGreaterThanOrEqual(3)
  })

  test.each(palette.heat)('text in a cell of %s can be read', (cell, text) => {
    expect(contrast(cell, text)).toBeGreaterThanOrEqual(4.5)
  })

  test('cells with more are further from the paper', () => {
    const distances = palette.heat.map(([cell]) => contrast(cell, palette.paper))
    expect(distances).toEqual(distances.toSorted((a, b) => a - b))
  })
})
