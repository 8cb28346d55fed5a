import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownIdentity } from '../../src/os/process-identity.js'
import { appendEvent, readEvents } from '../../src/quarantine/events.js'
import { scratch } from '../support.js'

test('events are read in the order in which they were appended, also the tenth', async () => {
  const path = scratch()
  for (let known = 0; known < 11; known++) {
    expect(await appendEvent(path, known, { event: 'failed', text: String(known) })).toBe(true)
  }
  const texts = (await readEvents(path)).map((event) => event.event === 'failed' && event.text)
  expect(texts).toEqual(Array.from({ length: 11 }, (_, index) => String(index)))
})

test('of many who append at once one comes first, and the others are told', async () => {
  const path = scratch()
  const by = await ownIdentity()
  const appended = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      appendEvent(path, 0, { event: 'releasing', recipients: [String(index)], by }),
    ),
  )
  expect(appended.filter(Boolean)).toHaveLength(1)
  expect(await readEvents(path)).toMatchObject([{ event: 'releasing', recipients: [String(appended.indexOf(true))] }])
  expect(readdirSync(path)).toEqual(['event-1.json'])
})

test('a message that is gone has no events', async () => {
  const path = join(scratch(), 'gone')
  await expect(appendEvent(path, 0, { event: 'sending' })).rejects.toMatchObject({ code: 'ENOENT' })
})

test('what a killed process has not finished is removed, and what others write is not', async () => {
  const path = scratch()
  const { started, namespace } = await ownIdentity()
  const [dead, alive] = [`.event-1-1-${namespace}-7`, `.event-${process.pid}-${started}-${namespace}-7`]
  for (const name of [dead, alive, '.other']) writeFileSync(join(path, name), '')
  await appendEvent(path, 0, { event: 'sending' })
  expect(readdirSync(path).toSorted()).toEqual([alive, '.other', 'event-1.json'].toSorted())
})

test.each([
  ['is missing', (path: string) => rmSync(join(path, 'event-1.json'))],
  ['is no event', (path: string) => writeFileSync(join(path, 'event-2.json'), '[]')],
  ['is no event', (path: string) => writeFileSync(join(path, 'event-2.json'), 'null')],
  ['is no event', (path: string) => writeFileSync(join(path, 'event-2.json'), '')],
  [
    'is no whole event',
    (path: string) => writeFileSync(join(path, 'event-2.json'), '{"event":"releasing","time":"x"}'),
  ],
  ['is no regular file', (path: string) => mkdirSync(join(path, 'event-3.json'))],
])('events of which one %s are not read at all', async (problem, damage) => {
  const path = scratch()
  for (const known of [0, 1]) await appendEvent(path, known, { event: 'sending' })
  damage(path)
  await expect(readEvents(path)).rejects.toThrow(problem)
})
