import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ownIdentity } from '../../src/os/process-identity.js'
import { deleteEntry } from '../../src/quarantine/deletion.js'
import { type Entry, readEntry } from '../../src/quarantine/entry.js'
import { appendEvent } from '../../src/quarantine/events.js'
import { scratch } from '../support.js'
import { keep } from './stored.js'

async function entryIn(directory: string, name: string): Promise<Entry> {
  const entry = await readEntry(directory, name)
  if (entry === undefined) throw new Error('no entry')
  return entry
}

test('a message is gone, once', async () => {
  const directory = scratch()
  const entry = await entryIn(directory, await keep(directory))
  expect(await Promise.all([deleteEntry(directory, entry), deleteEntry(directory, entry)])).toEqual(
    expect.arrayContaining(['deleted', 'gone']),
  )
  expect(readdirSync(directory)).toEqual([])
})

test('a message that a process began to release after it was looked at stays', async () => {
  const directory = scratch()
  const entry = await entryIn(directory, await keep(directory))
  await appendEvent(entry.path, 0, { event: 'releasing', recipients: ['b'], by: await ownIdentity() })
  expect(await deleteEntry(directory, entry)).toBe('being released')
  expect(await deleteEntry(directory, await entryIn(directory, entry.name))).toBe('being released')
  expect((await entryIn(directory, entry.name)).state).toBe('releasing')
})

test('what is damaged can be deleted, and nothing that a link leads to is', async () => {
  const directory = scratch()
  const other = scratch()
  writeFileSync(join(other, 'stays'), '')
  symlinkSync(other, join(directory, '20260102T030405Z-A'))
  mkdirSync(join(directory, '20260102T030405Z-B'))
  symlinkSync(other, join(directory, '20260102T030405Z-B/message.eml'))
  for (const name of ['20260102T030405Z-A', '20260102T030405Z-B']) {
    expect(await deleteEntry(directory, await entryIn(directory, name))).toBe('deleted')
  }
  expect(readdirSync(directory)).toEqual([])
  expect(readdirSync(other)).toEqual(['stays'])
})

test('a full disk keeps nobody from making room', async () => {
  const directory = join(scratch(), 'full')
  mkdirSync(directory)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=12', 'none', directory])
  onTestFinished(() => void execFileSync('umount', [directory]))
  const name = await keep(directory)
  const fill = () => writeFileSync(join(directory, '.fill'), Buffer.alloc(100_000))
  expect(fill).toThrow(/ENOSPC/)
  expect(await deleteEntry(directory, await entryIn(directory, name))).toBe('deleted')
  expect(readdirSync(directory)).toEqual(['.fill'])
})
