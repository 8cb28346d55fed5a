/** In pipe mode no service counts: each process writes into the history what became of its message. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { deliver } from '../kit/client.js'
import { tryCommand } from '../kit/command.js'
import { until } from '../kit/waiting.js'

let testBed: CandyTestBed
beforeAll(async () => {
  const judge = '#!/bin/sh\ngrep -q BAD && { echo 5.7.1 bad words; exit 69; }\nexit 0\n'
  testBed = await startCandy({ filters: { '10-words': judge }, main: { maximal_backoff_time: '1s' } })
  await testBed.change(/$/, '\n[history]\naddresses = true\n')
})
afterAll(() => testBed.stop())

async function records(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const directory = join(testBed.state, 'history')
  const texts = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')))
  return texts.flatMap((text) => text.split('\n')).flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
}

const send = (word: string): Promise<unknown> =>
  deliver(testBed.postfix.port, {
    sender: 'a@example.com',
    recipients: ['b@example.net', 'c@example.net'],
    bytes: `Subject: x\r\n\r\n${word}\r\n`,
  })

test('what is accepted, quarantined and deferred is in the history, and candy status counts it', async () => {
  await send('GOOD')
  await testBed.postfix.waitUntilEmpty()
  await send('BAD')
  await testBed.postfix.waitUntilEmpty()
  await testBed.writeFilter('99-broken.toml', 'nonsense')
  await send('GOOD')
  await until('a deferral', async () => (await records()).some(({ action }) => action === 'defer'))
  await testBed.removeFilter('99-broken.toml')
  await testBed.postfix.flush()
  await testBed.postfix.waitUntilEmpty()
  const all = await records()
  expect(all.map(({ action }) => action)).toEqual([
    'accept',
    'quarantine',
    ...all.slice(3).map(() => 'defer'),
    'accept',
  ])
  const people = { sender: 'a@example.com', to: ['b@example.net', 'c@example.net'] }
  expect(all.at(0)).toMatchObject({
    mode: 'pipe',
    recipients: 2,
    filters: [{ name: '10-words', action: 'accept' }],
    ...people,
  })
  expect(all.at(1)).toMatchObject({ filter: '10-words', filters: [{ action: 'reject', text: 'bad words' }], ...people })
  expect(all.at(2)).toMatchObject({ reason: 'CONFIG', recipients: 2, filters: [] })
  expect(all.at(2)?.id).toBe(all.at(-1)?.id)
  const { installation, postfix } = testBed
  const { status, stdout } = await tryCommand(process.execPath, [
    installation.candy,
    ...['-c', postfix.configDirectory, 'status', '--json'],
  ])
  const deferred = all.length - 3
  expect([status, JSON.parse(stdout.toString())]).toMatchObject([
    0,
    {
      running: false,
      windows: {
        day: {
          messages: all.length,
          actions: { accept: 2, quarantine: 1, defer: deferred },
          deferrals: { CONFIG: deferred },
        },
      },
    },
  ])
})
