import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { Ownership } from '../../src/config/ownership.js'
import { scratch } from '../support.js'

/** Two users that are not root; the files are made and given away by root. */
const CANDY = 12_345
const STRANGER = 54_321

let top: string
let file: string

beforeEach(() => {
  top = scratch()
  mkdirSync(join(top, 'filters.d'), { mode: 0o755 })
  file = join(top, 'filters.d', '10-a.toml')
  writeFileSync(file, '', { mode: 0o644 })
})

function complaint(path: string = file, user: number = CANDY): string | undefined {
  return new Ownership(user).complaint(path)
}

describe('is trusted', () => {
  test('a file of root in directories of root, below a sticky /tmp', () => {
    expect(complaint()).toBeUndefined()
  })

  test('a file of the user who runs candy', () => {
    chownSync(file, CANDY, CANDY)
    chownSync(join(top, 'filters.d'), CANDY, CANDY)
    expect(complaint()).toBeUndefined()
  })

  test('a link between trusted places', () => {
    symlinkSync('../filters.d', join(top, 'filters.d', 'self'))
    symlinkSync('10-a.toml', join(top, 'filters.d', '20-b.toml'))
    expect(complaint(join(top, 'filters.d', 'self', 'self', '20-b.toml'))).toBeUndefined()
  })
})

describe('is refused', () => {
  test.each([0o664, 0o646, 0o666])('a file with mode %o', (mode) => {
    chmodSync(file, mode)
    expect(complaint()).toBe(`others than its owner may write ${file}: chmod go-w ${file}`)
  })

  test('a file of another user', () => {
    chownSync(file, STRANGER, STRANGER)
    expect(complaint()).toBe(`${file} belongs to user ${STRANGER}, not to root or the user who runs candy`)
  })

  test.each([
    ['the directory', 'filters.d'],
    ['a directory above', '.'],
  ])('a file when others may write %s', (_, name) => {
    const directory = join(top, name)
    chmodSync(directory, 0o775)
    expect(complaint()).toBe(`others than its owner may write ${directory}: chmod go-w ${directory}`)
  })

  test('a directory itself that others may write, sticky or not', () => {
    chmodSync(join(top, 'filters.d'), 0o1777)
    expect(complaint(join(top, 'filters.d'))).toMatch(/^others than its owner may write/)
  })

  test("a file below a sticky directory that isn't root's", () => {
    chmodSync(top, 0o1777)
    chownSync(top, CANDY, CANDY)
    expect(complaint()).toBe(`others than its owner may write ${top}: chmod go-w ${top}`)
  })

  test('a file in a directory of another user', () => {
    chownSync(top, STRANGER, STRANGER)
    expect(complaint()).toBe(`${top} belongs to user ${STRANGER}, not to root or the user who runs candy`)
  })

  test('a link that leads to a place where others may write', () => {
    const home = join(top, 'home')
    mkdirSync(home, { mode: 0o755 })
    writeFileSync(join(home, 'mine.toml'), '')
    chownSync(home, STRANGER, STRANGER)
    const link = join(top, 'filters.d', '20-b.toml')
    symlinkSync(join(home, 'mine.toml'), link)
    expect(complaint(link)).toMatch(`${home} belongs to user`)
  })

  test('a path through a directory that is a link into such a place', () => {
    const home = join(top, 'home')
    mkdirSync(join(home, 'filters.d'), { recursive: true, mode: 0o755 })
    writeFileSync(join(home, 'filters.d', '10-a.toml'), '')
    chmodSync(home, 0o777)
    symlinkSync('home', join(top, 'link'))
    expect(complaint(join(top, 'link', 'filters.d', '10-a.toml'))).toMatch(`others than its owner may write ${home}`)
  })

  test('a link of links without end', () => {
    symlinkSync('b', join(top, 'a'))
    symlinkSync('a', join(top, 'b'))
    expect(complaint(join(top, 'a'))).toBe(`${join(top, 'a')} leads through too many symbolic links`)
    expect(complaint(join(top, 'a', 'x'))).toMatch(/too many symbolic links$/)
  })
})

test('what is not there throws, so that nobody takes it for trusted', () => {
  expect(() => complaint(join(top, 'gone'))).toThrow('ENOENT')
})

test('a directory that many files share is judged the same for each of them', () => {
  chmodSync(top, 0o777)
  const ownership = new Ownership(CANDY)
  expect(ownership.complaint(file)).toBe(ownership.complaint(join(top, 'filters.d')))
})

describe('of a tree, is refused', () => {
  const below = (): string | undefined => new Ownership(CANDY).complaintBelow(top)

  test('nothing, where all is root’s or candy’s, and a link leads around in a circle', () => {
    symlinkSync('..', join(top, 'filters.d', 'up'))
    symlinkSync('gone', join(top, 'filters.d', 'dangling'))
    expect(below()).toBeUndefined()
  })

  test('a file deep inside that others may write', () => {
    mkdirSync(join(top, 'dist/inner'), { recursive: true })
    const deep = join(top, 'dist/inner/index.js')
    writeFileSync(deep, '')
    chmodSync(deep, 0o666)
    expect(below()).toBe(`others than its owner may write ${deep}: chmod go-w ${deep}`)
  })

  test('what a link leads to, and what is below that', () => {
    const elsewhere = scratch()
    symlinkSync(elsewhere, join(top, 'linked'))
    expect(below()).toBeUndefined()
    writeFileSync(join(elsewhere, 'index.js'), '')
    chownSync(join(elsewhere, 'index.js'), STRANGER, STRANGER)
    expect(below()).toMatch(/index\.js belongs to user 54321/)
  })

  test('a link to where a stranger could put something', () => {
    const elsewhere = scratch()
    chownSync(elsewhere, STRANGER, STRANGER)
    symlinkSync(join(elsewhere, 'later.js'), join(top, 'later.js'))
    expect(below()).toMatch(/belongs to user 54321/)
  })
})
