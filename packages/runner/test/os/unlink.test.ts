import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unlinkIfThere } from '../../src/os/unlink.js'
import { scratch } from '../support.js'

test('a link is removed wherever it leads, and its target stays', () => {
  const directory = scratch()
  mkdirSync(join(directory, 'directory'))
  writeFileSync(join(directory, 'file'), '')
  for (const target of ['directory', 'file', 'nowhere']) {
    symlinkSync(target, join(directory, 'link'))
    unlinkIfThere(join(directory, 'link'))
    expect(readdirSync(directory), target).toEqual(['directory', 'file'])
  }
})

test('a path that does not exist is ignored', () => {
  expect(() => unlinkIfThere(join(scratch(), 'nothing'))).not.toThrow()
})

test('a failure is thrown with its code', () => {
  expect(() => unlinkIfThere(scratch())).toThrow(expect.objectContaining({ code: 'EISDIR', syscall: 'unlink' }))
})
