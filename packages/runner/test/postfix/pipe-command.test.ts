/** What pipe(8) runs is never an empty file, nor a program for another processor: both would lose or bounce mail. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findHandover } from '../../src/postfix/handover.js'
import { pipeSources } from '../../src/postfix/installation.js'
import {
  examinePipeCommand,
  type PipeSources,
  pipeCommandPaths,
  removePipeCommand,
} from '../../src/postfix/pipe-command.js'
import { scratch } from '../support.js'

const SOURCES = pipeSources()

/** The program for a processor that this machine does not have. */
const FOREIGN =
  findHandover(process.arch === 'arm64' ? 'linux-x64' : 'linux-arm64')?.program ?? 'no program for another processor'

function state(): string {
  const directory = scratch()
  mkdirSync(join(directory, 'bin'))
  return directory
}

function renew(directory: string, sources: PipeSources = SOURCES): void {
  examinePipeCommand(directory, sources).renew()
}

test('all is copied or linked, executable, and right the next time', () => {
  const directory = state()
  const [wall = '', program = '', link = ''] = pipeCommandPaths(directory)
  expect(examinePipeCommand(directory, SOURCES).stale).toEqual([wall, program, link])
  renew(directory)
  expect(readFileSync(wall)).toEqual(readFileSync(SOURCES.candyPipe))
  expect(readFileSync(program)).toEqual(readFileSync(SOURCES.handover?.program ?? ''))
  expect(readlinkSync(link)).toBe(SOURCES.candy)
  expect([wall, program].map((path) => statSync(path).mode & 0o7777)).toEqual([0o755, 0o755])
  expect(examinePipeCommand(directory, SOURCES).stale).toEqual([])
  removePipeCommand(directory)
  expect(examinePipeCommand(directory, SOURCES).stale).toEqual([wall, program, link])
})

test.each<readonly [string, (path: string) => void]>([
  ['was cut short', (path) => truncateSync(path, 10)],
  ['is an empty file', (path) => truncateSync(path, 0)],
  ['was edited', (path) => writeFileSync(path, '#!/bin/sh\nexit 0\n')],
  ['belongs to somebody else', (path) => chownSync(path, 1, 0)],
  ['may be written by others', (path) => chmodSync(path, 0o777)],
  ['cannot be run', (path) => chmodSync(path, 0o644)],
])('a copy that %s is renewed', (_, damage) => {
  const directory = state()
  renew(directory)
  const copies = pipeCommandPaths(directory).slice(0, 2)
  for (const path of copies) damage(path)
  expect(examinePipeCommand(directory, SOURCES).stale).toEqual(copies)
  renew(directory)
  expect(examinePipeCommand(directory, SOURCES).stale).toEqual([])
})

test.each(['', '#!/bin/sh\n', 'exit 75\n'])(
  'a script of the installation that was cut short is not copied: %j',
  (text) => {
    const directory = state()
    const candyPipe = join(directory, 'candy-pipe')
    writeFileSync(candyPipe, text)
    expect(() => renew(directory, { ...SOURCES, candyPipe })).toThrow(/is damaged: install candy anew/)
  },
)

test.each<readonly [string, string | undefined]>([
  ['is not installed', undefined],
  ['is an empty file', ''],
  ['is for another processor', readFileSync(FOREIGN, 'latin1')],
  ['prints something else', '#!/bin/sh\necho candy-handover 2\n'],
])('a program that %s is left out, and what was there is removed', async (_, text) => {
  const directory = state()
  renew(directory)
  const program = text === undefined ? undefined : join(directory, 'program')
  if (program !== undefined) writeFileSync(program, text ?? '', { encoding: 'latin1', mode: 0o755 })
  const handover = { package: '@candy/handover-a-b', program }
  renew(directory, { ...SOURCES, handover })
  expect((await readdir(join(directory, 'bin'))).toSorted()).toEqual(['candy-pipe', 'candy.cjs'])
  expect(examinePipeCommand(directory, { ...SOURCES, handover }).stale).toEqual([])
})
