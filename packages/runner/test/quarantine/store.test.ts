import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { QuarantineRecord } from '../../src/quarantine/record.js'
import { store } from '../../src/quarantine/store.js'
import { chunks, scratch } from '../support.js'

const RECORD: QuarantineRecord = {
  version: 1,
  id: '4bXyz/12',
  time: '2026-01-02T03:04:05.678Z',
  envelope: { sender: '', recipients: ['r@example.com'] },
  mode: 'smtp',
  commands: { xforward: [], mail: 'MAIL FROM:<>', recipients: ['RCPT TO:<r@example.com>'] },
  reason: { filter: 'av', text: 'virus', status: [7, 1] },
  reports: [],
  header: {},
  size: 5,
}

test('keeps the exact bytes and a record, for the owner alone', async () => {
  const directory = scratch()
  const name = await store(directory, RECORD, chunks('a\r', '\n\0\xff'))
  expect(name).toBe('20260102T030405Z-4bXyz12')
  expect(readFileSync(join(directory, name, 'message.eml')).toString('latin1')).toBe('a\r\n\0\xff')
  expect(JSON.parse(readFileSync(join(directory, name, 'record.json'), 'utf8'))).toEqual(RECORD)
  const modes = ['', 'message.eml', 'record.json'].map((file) => statSync(join(directory, name, file)).mode & 0o777)
  expect(modes).toEqual([0o700, 0o600, 0o600])
})

test('the same message again has a place of its own', async () => {
  const directory = scratch()
  const names = [await store(directory, RECORD, chunks('a')), await store(directory, RECORD, chunks('a'))]
  expect(names[1]).toBe(`${names[0]}-2`)
  expect(readdirSync(directory).sort()).toEqual(names)
})

test('what cannot be stored whole is not there at all', async () => {
  const directory = scratch()
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half')
    throw new Error('gone')
  }
  await expect(store(directory, RECORD, broken())).rejects.toMatchObject({ code: 'QUARANTINE' })
  expect(readdirSync(directory)).toEqual([])
})

test('a full disk leaves nothing behind', async () => {
  const directory = join(scratch(), 'full')
  mkdirSync(directory)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', directory])
  onTestFinished(() => void execFileSync('umount', [directory]))
  await expect(store(directory, RECORD, chunks(Buffer.alloc(200_000)))).rejects.toThrow(/ENOSPC/)
  expect(readdirSync(directory)).toEqual([])
})

test('a quarantine that is not there is QUARANTINE', async () => {
  const directory = scratch()
  chmodSync(directory, 0o700)
  const stored = store(join(directory, 'nowhere'), RECORD, chunks('a'))
  await expect(stored).rejects.toMatchObject({ code: 'QUARANTINE' })
})

test.each([
  ['x'.repeat(300), `20260102T030405Z-${'x'.repeat(40)}`],
  ['../../etc/passwd', '20260102T030405Z-etcpasswd'],
  ['\u4f60\u597d\0\n', '20260102T030405Z-NOID'],
  ['', '20260102T030405Z-NOID'],
])('an id of a stranger, %j, makes a name that a file can have', async (id, name) => {
  const directory = scratch()
  expect(await store(directory, { ...RECORD, id }, chunks('a'))).toBe(name)
  expect(JSON.parse(readFileSync(join(directory, name, 'record.json'), 'utf8')).id).toBe(id)
})
