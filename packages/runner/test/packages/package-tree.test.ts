import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { PrefixError, removePackage, secureTree } from '../../src/packages/package-tree.js'
import { scratch } from '../support.js'

let tree: string

beforeEach(() => {
  tree = join(scratch(), 'tree')
  mkdirSync(join(tree, 'node_modules/it/bin'), { recursive: true })
  writeFileSync(join(tree, 'node_modules/it/index.js'), '')
})

const inside = (name: string): string => join(tree, 'node_modules/it', name)
const modeOf = (name: string): string => (lstatSync(inside(name)).mode & 0o7777).toString(8)

test('whatever modes a tarball has, all installed files belong to root, are readable, and have no set-uid bit', () => {
  for (const [name, mode] of [
    ['setuid', 0o4755],
    ['setgid', 0o2711],
    ['open', 0o666],
    ['hidden', 0o600],
    ['program', 0o700],
  ] as const) {
    writeFileSync(inside(name), '')
    chownSync(inside(name), 12_345, 12_345)
    chmodSync(inside(name), mode)
  }
  mkdirSync(inside('shared'))
  chmodSync(inside('shared'), 0o3777)
  symlinkSync('../program', inside('bin/it'))
  secureTree(tree)
  const modes = ['setuid', 'setgid', 'open', 'hidden', 'program', 'shared'].map(modeOf)
  expect(modes).toEqual(['755', '755', '644', '644', '755', '755'])
  for (const name of ['setuid', 'open', 'shared', 'bin/it'])
    expect(lstatSync(inside(name))).toMatchObject({ uid: 0, gid: 0 })
})

describe('is refused', () => {
  const refused = (): string => {
    try {
      secureTree(tree)
    } catch (error) {
      if (error instanceof PrefixError) return error.message.replace(`${inside('')}/`.replace('//', '/'), '')
      throw error
    }
    return 'nothing'
  }

  test('a FIFO', () => {
    execFileSync('mkfifo', [inside('fifo')])
    expect(refused()).toBe('refused: fifo is neither a file nor a directory')
  })

  test('a file that has another name elsewhere', () => {
    const elsewhere = join(scratch(), 'secret')
    writeFileSync(elsewhere, '', { mode: 0o600 })
    linkSync(elsewhere, inside('secret'))
    expect(refused()).toBe('refused: secret is a file of several names')
    expect(lstatSync(elsewhere).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['an absolute one', '/etc/passwd'],
    ['a relative one', '../../../../outside'],
    ['one that leads nowhere', 'gone'],
  ])('a link that leads out of the tree: %s', (_, target) => {
    mkdirSync(join(tree, '../outside'))
    symlinkSync(target, inside('link'))
    expect(refused()).toBe('refused: link is a link that leads out of what is installed')
  })
})

test('a package that was uninstalled is neither on the disk nor in the lists of npm, and the others are', () => {
  const lock = (name: string): string => join(tree, name)
  writeFileSync(lock('package.json'), JSON.stringify({ dependencies: { it: 'file:../it', other: '1' } }))
  const packages = {
    '': { dependencies: { it: 'file:../it', other: '1' } },
    'node_modules/it': {},
    'node_modules/other': {},
  }
  for (const name of ['package-lock.json', 'node_modules/.package-lock.json'])
    writeFileSync(lock(name), JSON.stringify({ packages }))
  removePackage(tree, 'it')
  expect(() => lstatSync(inside('index.js'))).toThrow('ENOENT')
  const text = ['package.json', 'package-lock.json', 'node_modules/.package-lock.json'].map((name) =>
    readFileSync(lock(name), 'utf8'),
  )
  for (const one of text) {
    expect(one).toContain('other')
    expect(one).not.toMatch(/"it"|\/it"/)
  }
})
