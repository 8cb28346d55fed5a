/** docs/errors.md and the codes that there are say the same. */
import { ERROR_CODES } from '@candy/sdk'
import { expect, test } from 'vitest'
import { code, readPage, readTable } from '../../../../test/kit/pages.js'

const rows = readTable(readPage('docs/errors.md'), 'code')

test('every code has a sentence, and every sentence a code', () => {
  expect(rows.map((row) => code(row.code)).toSorted()).toEqual([...ERROR_CODES].toSorted())
})

test('every sentence is one', () => {
  for (const row of rows) expect(row.means).toMatch(/^[A-Z].{20,}\.$/)
})
