import { CandyError } from '@candy/sdk'
import { expect, test } from 'vitest'
import { explain } from '../../src/cli/explanation.js'
import { Failure } from '../../src/cli/failure.js'

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it will not, write '/etc/x'`), { code, syscall: 'write', errno: -1 })
}

test.each([
  [new Failure(64, 'wrong usage'), 64, /^wrong usage$/],
  [new CandyError('CONFIG', 'candy.toml:1:1: no'), 78, /^candy\.toml:1:1: no$/],
  [new CandyError('SPOOL', 'no room'), 69, /^no room$/],
  [systemError('ENOSPC'), 74, /write '\/etc\/x': make room/],
  [systemError('EROFS'), 74, /for writing/],
  [systemError('EACCES'), 77, /root/],
  [systemError('EISDIR'), 66, /EISDIR/],
  [systemError('EMFILE'), 71, /EMFILE/],
])('what somebody can cause is a sentence, not a stack trace: %s', (error, status, text) => {
  const told = explain(error)
  expect(told.status).toBe(status)
  expect(told.text).toMatch(text)
  expect(told.text).not.toMatch(/^\s+at /m)
})

test('a fault of candy has its stack trace', () => {
  expect(explain(new TypeError('x is not a function'))).toEqual({
    status: 70,
    text: expect.stringMatching(/report it\nTypeError: x is not a function\n\s+at /),
  })
})
