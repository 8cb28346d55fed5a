import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HistoryFollower } from '../../src/history/follower.js'
import { openHistory } from '../../src/history/history.js'
import { printRecord } from '../../src/history/record.js'
import { memoryLog, scratch } from '../support.js'
import { makeRecord } from './records.js'

const FROM = new Date('2026-11-27T00:00:00Z')

function follow(directory: string): { follower: HistoryFollower; ids: string[] } {
  const ids: string[] = []
  return { follower: new HistoryFollower(directory, FROM, ({ id }) => ids.push(id)), ids }
}

test('each record is handed on once, over the end of a day and of a file', async () => {
  const directory = join(scratch(), 'history')
  const { follower, ids } = follow(directory)
  await follower.read()
  const history = openHistory({ directory, maxSize: 2 ** 30, keepDays: 36_500, addresses: false }, memoryLog())
  const times = [
    '2026-11-26T23:59:59.999Z',
    '2026-11-27T12:00:00.000Z',
    '2026-11-28T00:00:00.000Z',
    '2026-11-27T23:00:00.000Z',
  ]
  for (const [index, time] of times.entries()) {
    history.write(makeRecord({ time, id: `${index}` }))
    await Promise.all([follower.read(), follower.read()])
  }
  await follower.read()
  expect(ids).toEqual(['1', '2', '3'])
  rmSync(join(directory, '2026-11-27.001.jsonl'))
  history.write(makeRecord({ time: '2026-11-28T01:00:00.000Z', id: '4' }))
  await follower.read()
  expect(ids).toEqual(['1', '2', '3', '4'])
})

test('a line that is not complete yet is handed on once it is', async () => {
  const directory = scratch()
  const path = join(directory, '2026-11-27.001.jsonl')
  const { follower, ids } = follow(directory)
  const line = printRecord(makeRecord({ id: 'late' }))
  writeFileSync(path, `${printRecord(makeRecord({ id: 'first' }))}${line.slice(0, 20)}`)
  await follower.read()
  expect(ids).toEqual(['first'])
  appendFileSync(path, line.slice(20))
  await follower.read()
  expect([ids, follower.damaged]).toEqual([['first', 'late'], 0])
})

test('what cannot be read is said, and read later', async () => {
  const directory = join(scratch(), 'history')
  writeFileSync(directory, 'in the way')
  const { follower, ids } = follow(directory)
  await expect(follower.read()).rejects.toThrow(/ENOTDIR/)
  rmSync(directory)
  openHistory({ directory, maxSize: 2 ** 30, keepDays: 36_500, addresses: false }, memoryLog()).write(makeRecord())
  await follower.read()
  expect(ids).toHaveLength(1)
})
