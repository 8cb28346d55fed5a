import { expect, test } from 'vitest'
import { CandyError, ERROR_CODES } from '../src/index.js'

test('an error carries its code and its cause', () => {
  const cause = new Error('ENOSPC')
  const error = new CandyError('SPOOL', 'no room for the message', { cause })
  expect(error).toMatchObject({ name: 'CandyError', code: 'SPOOL', message: 'no room for the message', cause })
})

test('the codes are sorted, and each is there once', () => {
  expect(ERROR_CODES).toEqual([...new Set(ERROR_CODES)].sort((a, b) => a.localeCompare(b)))
})
