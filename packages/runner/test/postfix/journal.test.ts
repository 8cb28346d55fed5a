/** The journal and the record of a change are complete or recognized as damaged, and each belongs to one instance. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import {
  DAMAGED,
  type Journal,
  knownJournal,
  type PendingChange,
  type RecordLocation,
  readJournal,
  readPending,
  removeJournal,
  writeJournal,
  writePending,
} from '../../src/postfix/journal.js'
import { scratch } from '../support.js'

const JOURNAL: Journal = {
  version: 3,
  choice: { mode: 'smtp', submission: false, pickup: true },
  services: ['candy-lmtp'],
  parameters: ['candy_time_limit'],
  attached: [
    { service: 'smtp', type: 'inet', name: 'content_filter', value: 'candy-lmtp:unix:candy/lmtp', prior: null },
  ],
  written: { services: {}, parameters: {} },
  finalNewline: { master: true, main: true },
  created: ['/var/lib/candy'],
}
// master.cf may have bytes that are not UTF-8.
const PENDING: PendingChange = {
  version: 3,
  files: [{ path: '/etc/postfix/main.cf', before: '# caf\u00e9 \u00ff\n', written: ['x', 'y'] }],
  created: [],
  before: null,
  after: JOURNAL,
}

let records: RecordLocation

beforeEach(() => {
  const directory = scratch()
  records = { configDirectory: join(directory, 'etc'), state: join(directory, 'state') }
  mkdirSync(records.configDirectory)
  mkdirSync(records.state)
})

test('a record is read as it was written, and no draft stays beside it', () => {
  expect(readPending(records)).toBeUndefined()
  writePending(records, PENDING)
  writeJournal(records, JOURNAL)
  expect(readPending(records)).toEqual(PENDING)
  expect(readJournal(records)).toEqual(JOURNAL)
  expect(readdirSync(records.state)).toEqual(['journal.json', 'pending.json'])
  removeJournal(records)
  expect(readJournal(records)).toBeUndefined()
})

test('a record that is cut off anywhere, or in which any byte differs, counts as damaged', () => {
  const path = join(records.state, 'pending.json')
  writePending(records, PENDING)
  const bytes = readFileSync(path)
  // The record is complete without its last byte, a line end.
  for (let size = 0; size < bytes.length - 1; size++) {
    writeFileSync(path, bytes.subarray(0, size))
    expect(readPending(records), `${size} bytes`).toBe(DAMAGED)
  }
  for (let at = bytes.indexOf('"record"') + 9; at < bytes.lastIndexOf('}') - 2; at++) {
    const other = Buffer.from(bytes)
    if (/\s/.test(String.fromCharCode(other[at] ?? 0))) continue
    other[at] = other[at] === 0x41 ? 0x42 : 0x41
    writeFileSync(path, other)
    expect(readPending(records), `byte ${at}`).toBe(DAMAGED)
  }
  // After a power failure, blocks that were never written are zero.
  writeFileSync(path, Buffer.alloc(bytes.length))
  expect(readPending(records)).toBe(DAMAGED)
  writeJournal(records, JOURNAL)
  truncateSync(join(records.state, 'journal.json'), 100)
  expect(knownJournal(records)).toBeUndefined()
})

test('a record of another instance is refused, and an instance whose directory has two names is one', () => {
  writeJournal(records, JOURNAL)
  const other = join(records.state, '../other')
  mkdirSync(other)
  expect(() => readJournal({ ...records, configDirectory: other })).toThrow(
    /is about the Postfix in .*etc: give .*other a state/,
  )
  const link = join(records.state, '../link')
  symlinkSync(records.configDirectory, link)
  expect(readJournal({ ...records, configDirectory: link })).toEqual(JOURNAL)
})

test('a link in the place of a record or its draft is not followed', () => {
  const victim = join(records.state, '../victim')
  writeFileSync(victim, 'whole')
  for (const name of ['pending.json', 'pending.json.tmp']) symlinkSync(victim, join(records.state, name))
  writePending(records, PENDING)
  expect(readFileSync(victim, 'utf8')).toBe('whole')
  expect(readPending(records)).toEqual(PENDING)
})

test('a record that another version wrote is refused', () => {
  writeJournal(records, { ...JOURNAL, version: 2 } as unknown as Journal)
  expect(() => knownJournal(records)).toThrow(
    /journal\.json was written by another version of candy: disable with that version, then enable with this one/,
  )
})
