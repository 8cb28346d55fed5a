/** Letting candy into a directory and shutting it out leaves the permissions as they were, to the last bit. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { accessProblem, grantAccess, mayEnter, revokeAccess } from '../../src/postfix/access.js'
import { scratch } from '../support.js'

function directory(mode: number, ...list: readonly string[]): string {
  const path = join(scratch(), 'public')
  mkdirSync(path)
  chmodSync(path, mode)
  for (const entry of list) execFileSync('setfacl', ['-m', entry, path])
  return path
}

function permissions(path: string): string {
  return `${(statSync(path).mode & 0o7777).toString(8)}\n${execFileSync('getfacl', ['-c', '-p', '-E', path], { encoding: 'utf8' })}`
}

test.each<readonly [string, number, readonly string[]]>([
  ['as Postfix makes it', 0o710, []],
  ['that others may read', 0o750, []],
  ['with a list of somebody else', 0o710, ['u:nobody:r-x']],
  ['with a list and a wider mask', 0o710, ['g:mail:rwx', 'm::rwx']],
  ['with a list of defaults', 0o710, ['d:u:nobody:r-x']],
])('a directory %s', (_, mode, list) => {
  const path = directory(mode, ...list)
  const before = permissions(path)
  expect(mayEnter(path)).toBe(false)
  expect(accessProblem(path)).toBeUndefined()
  grantAccess(path)
  expect(mayEnter(path)).toBe(true)
  expect(permissions(path)).toContain('user:candy:--x')
  grantAccess(path)
  revokeAccess(path)
  expect(permissions(path)).toBe(before)
  revokeAccess(path)
  expect(permissions(path)).toBe(before)
})

test('candy keeps its access when the mode is set again, as "postfix set-permissions" does', () => {
  const path = directory(0o710)
  const before = permissions(path)
  grantAccess(path)
  chmodSync(path, 0o710)
  expect(mayEnter(path)).toBe(true)
  revokeAccess(path)
  expect(permissions(path)).toBe(before)
})

test('a directory that everybody may enter needs nothing, and one whose mask lets nobody in says so', () => {
  const open = directory(0o711)
  expect(mayEnter(open)).toBe(true)
  const shut = directory(0o700, 'u:nobody:r-x', 'm::---')
  const before = permissions(shut)
  expect(() => grantAccess(shut)).toThrow(/mask .* does not let anybody enter.*--mode smtp.*reinject = "sendmail"/)
  revokeAccess(shut)
  expect(permissions(shut)).toBe(before)
})
