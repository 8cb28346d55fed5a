/** Whatever lies in the quarantine is told, and nothing is waited for or followed. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Entry, readEntries, readEntry, readNames } from '../../src/quarantine/entry.js'
import { scratch } from '../support.js'
import { keep, RECORD, TEXT } from './stored.js'

async function all(directory: string): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for await (const entry of readEntries(directory, await readNames(directory))) entries.push(entry)
  return entries
}

test('messages come in the order of time, with all that is known', async () => {
  const directory = scratch()
  const later = await keep(directory, { time: '2026-01-03T00:00:00Z', id: '1' })
  const name = await keep(directory)
  mkdirSync(join(directory, '.draft'))
  const entries = await all(directory)
  expect(entries.map((entry) => entry.name)).toEqual([name, later])
  expect(entries[0]).toMatchObject({ state: 'held', size: TEXT.length, record: RECORD, events: [] })
})

test.each<[string, (path: string) => void]>([
  ['record.json: no such file or directory', (path) => rmSync(join(path, 'record.json'))],
  ['message.eml: no such file or directory', (path) => rmSync(join(path, 'message.eml'))],
  ['record.json: it is not JSON', (path) => writeFileSync(join(path, 'record.json'), '\x1b[2J')],
  ['record.json: it is larger than', (path) => truncateSync(join(path, 'record.json'), 17 * 1024 ** 2)],
  [
    'record.json: it is a symbolic link',
    (path) => replace(join(path, 'record.json'), (file) => symlinkSync('/etc/passwd', file)),
  ],
  [
    'record.json: it is no regular file',
    (path) => replace(join(path, 'record.json'), (file) => execFileSync('mkfifo', [file])),
  ],
  ['record.json: it is no regular file', (path) => replace(join(path, 'record.json'), (file) => mkdirSync(file))],
  [
    'message.eml: it is a symbolic link',
    (path) => replace(join(path, 'message.eml'), (file) => symlinkSync('/etc/passwd', file)),
  ],
  [
    'message.eml: it is no regular file',
    (path) => replace(join(path, 'message.eml'), (file) => execFileSync('mkfifo', [file])),
  ],
  ['message.eml: it has 3 bytes, and should have 49', (path) => writeFileSync(join(path, 'message.eml'), 'cut')],
  ['event-1.json: it is no event', (path) => writeFileSync(join(path, 'event-1.json'), '{}')],
  ['event-1.json is missing', (path) => writeFileSync(join(path, 'event-2.json'), '{}')],
])('a message that is damaged is told, and harms no other: %s', async (damage, act) => {
  const directory = scratch()
  const [name, other] = [await keep(directory), await keep(directory, { time: '2026-01-03T00:00:00Z' })]
  act(join(directory, name))
  const entries = await all(directory)
  expect(entries.map((entry) => [entry.name, entry.state])).toEqual([
    [name, 'damaged'],
    [other, 'held'],
  ])
  expect(entries[0]).toMatchObject({ damage: expect.stringContaining(damage) })
})

test('what is no message at all is told too', async () => {
  const directory = scratch()
  symlinkSync('/etc', join(directory, '20260102T030405Z-A'))
  writeFileSync(join(directory, '20260102T030405Z-B'), 'x')
  mkdirSync(join(directory, 'odd\x1b[2J'))
  const states = (await all(directory)).map((entry) => entry.state === 'damaged' && entry.damage)
  expect(states).toEqual([
    expect.stringContaining('it is no directory'),
    expect.stringContaining('it is no directory'),
    expect.stringContaining('it is no name that candy gives'),
  ])
})

test('a message that is gone is none', async () => {
  expect(await readEntry(scratch(), '20260102T030405Z-A')).toBeUndefined()
})

function replace(path: string, make: (path: string) => void): void {
  unlinkSync(path)
  make(path)
}
