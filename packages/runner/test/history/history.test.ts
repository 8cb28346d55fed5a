/** Writing and reading the history, with real files and several processes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expireHistory } from '../../src/history/expiry.js'
import { type HistoryOptions, openHistory } from '../../src/history/history.js'
import { type Damage, readHistory, type Span } from '../../src/history/reader.js'
import { type HistoryRecord, printRecord } from '../../src/history/record.js'
import { memoryLog, scratch } from '../support.js'
import { makeRecord } from './records.js'

const ALL: Span = { from: new Date(0), to: new Date('9999-12-31') }
const MIB = 1024 ** 2

function optionsFor(directory: string, maxSize = 64 * MIB): HistoryOptions {
  return { directory, maxSize, keepDays: 36_500, addresses: false }
}

async function read(directory: string, span: Span = ALL): Promise<{ records: HistoryRecord[]; damage: Damage }> {
  const damage = { lines: 0 }
  const records: HistoryRecord[] = []
  for await (const record of readHistory(directory, span, damage)) records.push(record)
  return { records, damage }
}

const idsOf = ({ records }: { records: readonly HistoryRecord[] }): readonly string[] => records.map(({ id }) => id)

test('every record is in the file of its day, though the day ends and the clock goes backwards', async () => {
  const instant = fc.date({ min: new Date('2026-11-25'), max: new Date('2026-11-30'), noInvalidDate: true })
  await fc.assert(
    fc.asyncProperty(fc.array(instant, { maxLength: 30 }), instant, instant, async (dates, from, to) => {
      const directory = join(scratch(), 'history')
      const history = openHistory(optionsFor(directory), memoryLog())
      const records = dates.map((date, index) => makeRecord({ time: date.toISOString(), id: `${index}` }))
      for (const record of records) history.write(record)
      history.close()
      expect(idsOf(await read(directory)).toSorted()).toEqual(records.map(({ id }) => id).toSorted())
      const within = records.filter((_, index) => Number(dates[index]) >= +from && Number(dates[index]) < +to)
      expect(idsOf(await read(directory, { from, to })).toSorted()).toEqual(within.map(({ id }) => id).toSorted())
      const days = new Set(dates.map((date) => date.toISOString().slice(0, 10)))
      if (dates.length > 0)
        expect(readdirSync(directory)).toEqual([...days].toSorted().map((day) => `${day}.001.jsonl`))
    }),
    { numRuns: 30 },
  )
})

test('without a history there is nothing to read', async () => {
  expect(await read('/nowhere')).toEqual({ records: [], damage: { lines: 0 } })
})

test('only candy and its group may read it, whatever the umask is', () => {
  const directory = join(scratch(), 'history')
  mkdirSync(directory, { mode: 0o750 })
  const mask = process.umask(0o077)
  openHistory(optionsFor(directory), memoryLog()).write(makeRecord())
  process.umask(mask)
  expect(statSync(directory).mode & 0o777).toBe(0o750)
  expect(statSync(join(directory, '2026-11-27.001.jsonl')).mode & 0o777).toBe(0o640)
})

test('damaged lines are counted, and cost no other record', async () => {
  const directory = scratch()
  const path = join(directory, '2026-11-27.001.jsonl')
  const line = (id: string): string => printRecord(makeRecord({ id }))
  const torn = line('torn').slice(0, 50)
  writeFileSync(path, `${line('1')}${torn}${line('2')}\u0000\u0000\n${line('3')}{}\n${torn}`)
  const { records, damage } = await read(directory)
  expect([idsOf({ records }), damage]).toEqual([['1', '2', '3'], { lines: 3 }])
  appendFileSync(path, line('4'))
  expect(idsOf(await read(directory))).toEqual(['1', '2', '3', '4'])
})

test('what is no file is passed over, and keeps nobody waiting', async () => {
  const directory = scratch()
  execFileSync('mkfifo', [join(directory, '2026-11-27.001.jsonl')])
  symlinkSync('/dev/zero', join(directory, '2026-11-27.002.jsonl'))
  mkdirSync(join(directory, '2026-11-27.003.jsonl'))
  writeFileSync(join(directory, '2026-11-27.004.jsonl'), printRecord(makeRecord({ id: '1' })))
  expect(idsOf(await read(directory))).toEqual(['1'])
})

test('a line of many megabytes is passed over', async () => {
  const directory = scratch()
  const path = join(directory, '2026-11-27.001.jsonl')
  writeFileSync(
    path,
    `${printRecord(makeRecord({ id: '1' }))}${'x'.repeat(5 * MIB)}\n${printRecord(makeRecord({ id: '2' }))}`,
  )
  const { records, damage } = await read(directory)
  expect(idsOf({ records })).toEqual(['1', '2'])
  expect(damage.lines).toBeGreaterThan(0)
})

test('a full file is followed by another, and the oldest are removed', async () => {
  const directory = join(scratch(), 'history')
  const options = optionsFor(directory, MIB)
  const text = 'x'.repeat(100)
  const filters = Array.from(
    { length: 100 },
    (_, n) => ({ name: `${n}`, action: 'reject', milliseconds: 1, text }) as const,
  )
  let written = 0
  // Each time as a new process would: an open file is looked at once a second.
  for (; written < 200; written++) {
    const history = openHistory(options, memoryLog())
    history.write(makeRecord({ id: `${written}`, filters }))
    history.close()
  }
  const names = readdirSync(directory)
  const sizes = names.map((name) => statSync(join(directory, name)).size)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(MIB * 1.1)
  expect(names.length).toBeGreaterThan(10)
  const ids = idsOf(await read(directory)).map(Number)
  expect(ids).toEqual(Array.from(ids, (_, index) => written - ids.length + index))
})

test('what is too old is removed, and what is no file of the history stays', () => {
  const directory = scratch()
  const days = ['2026-10-01', '2026-10-22', '2026-10-23', '2026-11-27']
  for (const name of [...days.map((day) => `${day}.001.jsonl`), 'notes']) writeFileSync(join(directory, name), 'x\n')
  expireHistory(directory, { keepDays: 35, maxSize: MIB }, new Date('2026-11-27T00:00:00Z'))
  expect(readdirSync(directory)).toEqual(['2026-10-23.001.jsonl', '2026-11-27.001.jsonl', 'notes'])
})

test('a history that cannot be written is said once, and once again when it can', () => {
  const state = scratch()
  const directory = join(state, 'history')
  writeFileSync(directory, 'in the way')
  const log = memoryLog()
  const history = openHistory(optionsFor(directory), log)
  for (let n = 0; n < 3; n++) history.write(makeRecord())
  rmSync(directory)
  for (let n = 0; n < 3; n++) history.write(makeRecord())
  expect(log.lines.map(({ event, fields }) => [event, fields.lost])).toEqual([
    ['the history cannot be written', undefined],
    ['the history is written again', 3],
  ])
  expect(readFileSync(join(directory, '2026-11-27.001.jsonl'), 'utf8').split('\n')).toHaveLength(4)
})

/** Writes records into the history until it is killed; prints the number of each once it is written. */
const WRITER = `
  const { openHistory } = await import(process.argv[1])
  const { writeSync } = await import('node:fs')
  const [, , directory, name] = process.argv
  const history = openHistory({ directory, maxSize: 2 ** 30, keepDays: 36500, addresses: false }, { write: () => {} })
  const record = JSON.parse(process.argv[4])
  for (let n = 0; ; n++) {
    history.write({ ...record, id: name + '-' + n })
    writeSync(1, n + '\\n')
  }
`

function startWriter(directory: string, name: string): ChildProcess {
  const module = new URL('../../dist/history/history.js', import.meta.url).href
  const filters = [{ name: '50-a', action: 'reject', milliseconds: 1, text: 'y'.repeat(100) }] as const
  const argv = ['--input-type=module', '-e', WRITER, module, directory, name, JSON.stringify(makeRecord({ filters }))]
  return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('several processes write at once, and one that is killed loses nothing that it wrote', async () => {
  const directory = join(scratch(), 'history')
  mkdirSync(directory)
  const names = ['a', 'b', 'c']
  const writers = names.map((name) => startWriter(directory, name))
  const last = await Promise.all(
    writers.map(async (writer) => {
      let text = ''
      writer.stdout?.setEncoding('utf8')
      for await (const chunk of writer.stdout ?? []) {
        text += chunk
        if (text.length > 10_000 && !writer.killed) writer.kill('SIGKILL')
      }
      if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit')
      return Number(text.trimEnd().split('\n').at(-1))
    }),
  )
  const ids = new Set(idsOf(await read(directory)))
  for (const [index, name] of names.entries()) {
    for (let n = 0; n <= (last[index] ?? 0); n++) expect(ids.has(`${name}-${n}`)).toBe(true)
  }
})
