import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { unifiedDiff } from '../src/index.js'

const directory = mkdtempSync(join(tmpdir(), 'master-cf-'))
afterAll(() => rmSync(directory, { recursive: true }))

test('equal texts have no diff', () => {
  expect(unifiedDiff('master.cf', 'a\nb', 'a\nb')).toBe('')
})

test('a change is shown with three lines around it, and changes near each other together', () => {
  const before = 'abcdefghijklmnopqrst'.split('').join('\n')
  expect(unifiedDiff('x', `${before}\n`, `${before.replace('e', 'E').replace('k', 'K')}\n`)).toBe(
    ['--- x\n+++ x\n@@ -2,13 +2,13 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n i\n j\n-k\n+K\n l\n m\n n\n'].join(''),
  )
  expect(unifiedDiff('x', `${before}\n`, `${before.replace('b', 'B').replace('s', 'S')}\n`)).toBe(
    '--- x\n+++ x\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -16,5 +16,5 @@\n p\n q\n r\n-s\n+S\n t\n',
  )
})

test('a missing final line end is shown', () => {
  expect(unifiedDiff('x', 'a', 'a\nb\n')).toBe(
    '--- x\n+++ x\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n',
  )
})

test('patch(1) makes the second text of the first', () => {
  const text = fc
    .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '', ' d'), { maxLength: 30 }), fc.boolean())
    .map(([lines, complete]) => lines.join('\n') + (complete ? '\n' : ''))
  const path = join(directory, 'text')
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== after && before !== '' && after !== '')
      writeFileSync(path, before)
      const { status, stdout } = spawnSync('patch', [path], { input: unifiedDiff('text', before, after) })
      expect(status, stdout.toString()).toBe(0)
      expect(readFileSync(path, 'utf8')).toBe(after)
    }),
    { numRuns: 60 },
  )
})

test('two long texts that have nothing in common are compared quickly', () => {
  const lines = (word: string): string => Array.from({ length: 20_000 }, (_, index) => `${word}${index}\n`).join('')
  const diff = unifiedDiff('x', lines('a'), lines('b'))
  expect(diff.startsWith('--- x\n+++ x\n@@ -1,20000 +1,20000 @@\n-a0\n')).toBe(true)
})
