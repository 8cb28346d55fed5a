/** The table in docs/doctor.md of what is looked at, against the names that findings have. */
import { expect, test } from 'vitest'
import { code, readPage, readTable } from '../../../../test/kit/pages.js'
import { CHECKS } from '../../src/doctor/finding.js'

test('the table has every check, in the order of the findings, and no others', () => {
  expect(readTable(readPage('docs/doctor.md'), 'check').map(({ check }) => code(check))).toEqual(CHECKS)
})
