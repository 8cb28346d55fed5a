import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listDirectory } from '../../src/config/directory.js'
import { Ownership } from '../../src/config/ownership.js'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { scratch } from '../support.js'

function list(directory: string) {
  const problems: Problem[] = []
  const entries = listDirectory(directory, new Ownership(), problems)
  return { entries, problems: problems.map(printProblem) }
}

function plant(directory: string, ...files: readonly [name: string, mode: number][]): void {
  for (const [name, mode] of files) {
    writeFileSync(join(directory, name), '')
    chmodSync(join(directory, name), mode)
  }
}

test('filters run in byte order of their names, drop-ins and scripts alike', () => {
  const directory = scratch()
  plant(
    directory,
    ['b', 0o755],
    ['20-b.toml', 0o644],
    ['B', 0o755],
    ['20-a.toml', 0o644],
    ['100.toml', 0o644],
    ['_', 0o755],
    ['20-a-b', 0o700],
  )
  const { entries, problems } = list(directory)
  expect(problems).toEqual([])
  expect(entries.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'drop-in 100',
    'script 20-a-b',
    'drop-in 20-a',
    'drop-in 20-b',
    'script B',
    'script _',
    'script b',
  ])
})

test('every other file is ignored, with the reason', () => {
  const directory = scratch()
  plant(
    directory,
    ['.hidden', 0o755],
    ['10-a.toml~', 0o644],
    ['10-a.toml.candy-new', 0o644],
    ['10-a.toml.disabled', 0o644],
    ['10-a.toml.dpkg-dist', 0o644],
    ['20-script.sh', 0o755],
    ['30 blank.toml', 0o644],
    ['40-plain', 0o644],
    ['README', 0o644],
    ['template', 0o644],
    ['été.toml', 0o644],
  )
  writeFileSync(Buffer.from([...Buffer.from(`${directory}/bad-`), 0xff]), '')
  mkdirSync(join(directory, 'drafts'))
  mkdirSync(join(directory, 'drafts.toml'))
  const { entries, problems } = list(directory)
  expect(problems).toEqual([])
  const shape = 'its name does not fit: letters, digits, _ and -, then .toml for a drop-in or nothing for a script'
  expect(entries.map((entry) => [entry.name, entry.kind === 'ignored' ? entry.reason : 'runs'])).toEqual([
    ['.hidden', 'a hidden file'],
    ['10-a.toml.candy-new', "a package's new drop-in: compare it with yours"],
    ['10-a.toml.disabled', 'disabled'],
    ['10-a.toml.dpkg-dist', 'left by dpkg'],
    ['10-a.toml~', 'a backup'],
    ['20-script.sh', shape],
    ['30 blank.toml', shape],
    ['40-plain', `not executable (chmod +x ${directory}/40-plain makes it a script filter)`],
    ['README', 'documentation'],
    ['bad-\ufffd', shape],
    ['drafts', 'a directory'],
    ['drafts.toml', 'a directory'],
    ['template', 'the example that is shipped: copy it and make the copy executable'],
    ['été.toml', shape],
  ])
})

test('the template, when it is executable, is a filter like any other', () => {
  const directory = scratch()
  plant(directory, ['template', 0o755])
  expect(list(directory).entries).toMatchObject([{ kind: 'script', name: 'template' }])
})

test('an empty directory means no filters; for a missing one the error says that mail would pass unfiltered, and what to do', () => {
  const directory = scratch()
  expect(list(directory)).toEqual({ entries: [], problems: [] })
  const gone = join(directory, 'filters.d')
  expect(list(gone).problems).toEqual([
    `${gone}: no such directory: "candy enable" makes it; if mail is to pass unfiltered, make it (mkdir ${gone}) and leave it empty`,
  ])
})

test('a file in place of the directory is a problem', () => {
  const file = join(scratch(), 'filters.d')
  writeFileSync(file, '')
  expect(list(file).problems).toEqual([`${file}: must be a directory`])
})

test('each filter file that others may write is refused by name; ignored files may belong to anybody', () => {
  const directory = scratch()
  plant(directory, ['10-a.toml', 0o666], ['20-b', 0o775], ['30-c.toml', 0o644], ['notes.txt', 0o666])
  chownSync(join(directory, '30-c.toml'), 54_321, 54_321)
  const [a, b, c] = ['10-a.toml', '20-b', '30-c.toml'].map((name) => join(directory, name))
  expect(list(directory).problems).toEqual([
    `${a}: refused: others than its owner may write ${a}: chmod go-w ${a}`,
    `${b}: refused: others than its owner may write ${b}: chmod go-w ${b}`,
    `${c}: refused: ${c} belongs to user 54321, not to root or the user who runs candy`,
  ])
})

test('a directory that others may write is refused once, also when it is empty', () => {
  const directory = scratch()
  chmodSync(directory, 0o777)
  const refusal = `${directory}: refused: others than its owner may write ${directory}: chmod go-w ${directory}`
  expect(list(directory).problems).toEqual([refusal])
  plant(directory, ['10-a.toml', 0o644], ['20-b.toml', 0o644])
  expect(list(directory).problems).toEqual([refusal])
})

test('a dangling link is a problem, and the filter is not just left out', () => {
  const directory = scratch()
  symlinkSync('gone.toml', join(directory, '10-a.toml'))
  const { entries, problems } = list(directory)
  expect(entries).toEqual([])
  expect(problems).toEqual([expect.stringMatching(/10-a\.toml: cannot be looked at: ENOENT/)])
})

test('a drop-in and a script of one name are a problem: logs could not tell them apart', () => {
  const directory = scratch()
  plant(directory, ['10-a', 0o755], ['10-a.toml', 0o644])
  expect(list(directory).problems).toEqual([
    `${directory}/10-a.toml: has the same name as ${directory}/10-a: logs could not tell them apart`,
  ])
})
