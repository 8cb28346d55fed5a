import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printTable } from '../../src/cli/table.js'

const HEAD = ['name', 'filter', 'found']
const ROWS = [
  ['50-clamav', '@candy/filter-clamav', '/usr/local/lib/node_modules/@candy/filter-clamav'],
  ['60-x', 'script', 'one\ntwo'],
]

function headOf(rows: readonly (readonly string[])[]): readonly string[] {
  return HEAD.filter((_, at) => rows.length === 0 || rows.some((row) => row[at] !== ''))
}

test('in a pipe a row is a line, without boxes or blanks at its end', () => {
  const lines = printTable(HEAD, ROWS, undefined).split('\n')
  expect(lines).toEqual([
    'name       filter                found',
    '50-clamav  @candy/filter-clamav  /usr/local/lib/node_modules/@candy/filter-clamav',
    '60-x       script                one, two',
  ])
})

test('in a terminal no line is wider than it, and nothing is lost', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'b', '/', '-'), maxLength: 60 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }),
      fc.integer({ min: 40, max: 120 }),
      (rows, width) => {
        const printed = printTable(HEAD, rows, width)
        for (const line of printed.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
        const mails = (text: string): string => [...text.replace(/\s/g, '')].sort().join('')
        expect(mails(printed)).toBe(mails([...headOf(rows), ...rows.flat()].join('')))
      },
    ),
  )
})

test('letters that a terminal shows in two columns take the room of two, and an accent takes none', () => {
  const rows = [
    ['検査', 'x'],
    ['e\u0301t', 'x'],
    ['ﾃｽﾄ', 'x'],
    ['📬', 'x'],
  ]
  expect(printTable(['a', 'b'], rows, undefined)).toBe('a     b\n検査  x\ne\u0301t    x\nﾃｽﾄ   x\n📬    x')
  expect(printTable(['a', 'b'], [['検査検査検査', 'x']], 13)).toBe('a         b\n検査検査  x\n検査')
})

test('a column that is empty in all rows is not shown', () => {
  expect(printTable(['a', 'b'], [['x', '']], undefined)).toBe('a\nx')
})
