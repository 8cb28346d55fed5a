import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Tree } from '../../packaging/tree.js'
import { isNeeded } from '../../packaging/vendor.js'
import { makeScratch } from '../kit/scratch.js'

test('a tree has every path once, what is below etc as conffiles, and a program that everybody may run', async () => {
  await using scratch = await makeScratch('tree')
  mkdirSync(join(scratch.path, 'bin'))
  writeFileSync(join(scratch.path, 'bin/run'), '#!/bin/sh\n')
  chmodSync(join(scratch.path, 'bin/run'), 0o700)
  writeFileSync(join(scratch.path, 'README.md'), 'x')
  const tree = new Tree()
  tree.addDirectory('usr/lib/x', scratch.path, isNeeded)
  tree.addFile('etc/x.conf', 'x')
  expect(tree.entries.map(([path]) => path)).toEqual(['etc/x.conf', 'usr/lib/x/bin/run'])
  expect(tree.entries[1]?.[1]).toMatchObject({ mode: 0o755 })
  expect(tree.conffiles).toEqual(['etc/x.conf'])
  expect(() => tree.addLink('etc/x.conf', 'y')).toThrow('two files are /etc/x.conf')
})

test.each([
  ['dist/index.js', true],
  ['dist/index.d.ts', false],
  ['dist/index.js.map', false],
  ['src/index.ts', false],
  ['filters.d/50-x.toml', true],
  ['package.json', true],
  ['LICENSE', false],
  ['dist/license-check.js', true],
  ['node_modules/other/index.js', false],
])('whether %s is installed: %s', (path, needed) => {
  expect(isNeeded(path)).toBe(needed)
})
