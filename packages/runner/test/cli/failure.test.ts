import { MasterCfError } from '@candy/master-cf'
import { CandyError } from '@candy/sdk'
import { expect, test } from 'vitest'
import { explain, Failure } from '../../src/cli/failure.js'
import { PostfixError } from '../../src/postfix/error.js'

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it will not`), { code, syscall: 'write', errno: -1, path: '/etc/x' })
}

test.each([
  [new Failure(64, 'wrong usage'), 64, /^wrong usage$/],
  [new CandyError('CONFIG', 'candy.toml:1:1: no'), 78, /^candy\.toml:1:1: no$/],
  [new CandyError('SPOOL', 'no room'), 69, /^no room$/],
  [systemError('ENOSPC'), 74, /^\/etc\/x: no space is left on the disk: make room, then try again$/],
  [systemError('EROFS'), 74, /^\/etc\/x: .*mount it for writing/],
  [systemError('EIO'), 74, /^\/etc\/x: .*dmesg/],
  [systemError('EACCES'), 77, /^\/etc\/x: .*run this as root/],
  [systemError('EPERM'), 77, /^\/etc\/x: .*lsattr/],
  [systemError('ENOENT'), 66, /^\/etc\/x: no such file or directory$/],
  [systemError('EISDIR'), 66, /^\/etc\/x: it is a directory/],
  [systemError('EMFILE'), 71, /^\/etc\/x: .*ulimit -n/],
  [systemError('EBUSY'), 71, /^\/etc\/x: EBUSY: it will not$/],
  [new MasterCfError('FILE_LOCKED', 'master.cf is locked'), 69, /^master\.cf is locked$/],
  [new PostfixError('Postfix is not running'), 69, /^Postfix is not running$/],
])('what somebody can cause is a sentence, not a stack trace: %s', (error, status, text) => {
  const told = explain(error)
  expect(told.status).toBe(status)
  expect(told.text).toMatch(text)
  expect(told.text).not.toMatch(/^\s+at /m)
})

test('an error of the system without a path names the call', () => {
  const error = Object.assign(systemError('ENOSPC'), { path: undefined })
  expect(explain(error).text).toBe('write: no space is left on the disk: make room, then try again')
})

test('a bug in candy is reported with its stack trace', () => {
  expect(explain(new TypeError('x is not a function'))).toEqual({
    status: 70,
    text: expect.stringMatching(/report it\nTypeError: x is not a function\n\s+at /),
  })
})
