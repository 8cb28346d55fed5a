/** A message that is released: what the next hop is given, and what is written down, whatever the next hop does. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { announced, type Sink, startSink } from '../../../../test/kit/sink.js'
import { type Release, release } from '../../src/delivery/release.js'
import { readEntry, type SoundEntry } from '../../src/quarantine/entry.js'
import { planRelease } from '../../src/quarantine/release-plan.js'
import { keep, RECORD, TEXT } from '../quarantine/stored.js'
import { type MemoryLog, memoryLog, scratch } from '../support.js'

interface TestBed {
  readonly sink: Sink
  readonly log: MemoryLog
  readonly directory: string
  entry(): Promise<SoundEntry>
  release(): Promise<Release>
}

async function start(
  other: Parameters<typeof keep>[1] = {},
  text?: string,
  keywords = announced,
  directory: string = scratch(),
): Promise<TestBed> {
  const path = join(scratch(), 'sink')
  const sink = await startSink({ path, keywords: [...keywords, 'XFORWARD NAME ADDR PROTO HELO IDENT'] })
  onTestFinished(() => sink.stop())
  const name = await keep(directory, other, text)
  const log = memoryLog()
  const entry = async (): Promise<SoundEntry> => {
    const found = await readEntry(directory, name)
    if (found === undefined || found.state === 'damaged') throw new Error('no entry')
    return found
  }
  return {
    sink,
    log,
    directory,
    entry,
    release: async () => {
      const found = await entry()
      const plan = planRelease(found, { again: false })
      if ('refused' in plan) return { released: false, text: plan.refused }
      return release(found, plan, { nextHop: { path }, log })
    },
  }
}

test('the next hop gets the bytes and the commands as they came, and what it does not offer is left out', async () => {
  const text = 'Subject: caf\xe9\r\n\r\n.dot\r\n..\r\nlong '.concat('z'.repeat(200_000), '\r\n.\r\n')
  const { sink, log, entry, release } = await start({}, text)
  expect(await release()).toEqual({ released: true, reply: expect.stringMatching(/^250 /) })
  const [message] = sink.messages
  expect(message?.bytes.toString('latin1')).toBe(text)
  expect(message?.transcript.map(String)).toEqual([
    'EHLO localhost',
    'XFORWARD NAME=mx.example.com ADDR=192.0.2.1',
    RECORD.commands.mail,
    ...RECORD.commands.recipients,
    'DATA',
  ])
  expect((await entry()).state).toBe('released')
  expect(log.lines).toEqual([
    {
      level: 'info',
      event: 'quarantined message released',
      fields: expect.objectContaining({ id: RECORD.id, recipients: 'b@example.net, c@example.org' }),
    },
  ])
})

test('parameters of extensions that the next hop does not have are left out, and others are not', async () => {
  const commands = {
    ...RECORD.commands,
    mail: 'MAIL FROM:<"a b"@example.com> SIZE=1 RET=HDRS ENVID=1 BODY=8BITMIME SMTPUTF8 LATER=x',
  }
  const { sink, release } = await start({ commands }, TEXT, ['SIZE'])
  expect(await release()).toMatchObject({ released: true })
  expect(sink.messages[0]?.transcript.slice(2, 5).map(String)).toEqual([
    'MAIL FROM:<"a b"@example.com> SIZE=1 LATER=x',
    'RCPT TO:<b@example.net>',
    'RCPT TO:<c@example.org>',
  ])
})

test('bytes of commands that are no UTF-8 go as they came', async () => {
  const commands = { ...RECORD.commands, recipients: ['RCPT TO:<\xff@example.net>', 'RCPT TO:<c@example.org>'] }
  const { sink, release } = await start({ commands })
  expect(await release()).toMatchObject({ released: true })
  expect(sink.messages[0]?.rcpts[0]?.toString('latin1')).toBe('RCPT TO:<\xff@example.net>')
})

test.each([
  ['connect', '554 5.3.2 no'],
  ['ehlo', 'close'],
  ['mail', '451 4.3.0 later'],
  ['rcpt', '550 5.1.1 no such user'],
  ['data', '451 4.3.0 later'],
  ['dot', '451 4.3.0 later'],
  ['dot', '554 5.6.0 no'],
] as const)('a next hop that answers %s with %j does not have it, and gets it the next time', async (at, answer) => {
  const { sink, entry, release } = await start()
  const mend = sink.fail({ at, answer })
  expect(await release()).toMatchObject({ released: false })
  expect(await entry()).toMatchObject({ state: 'held' })
  expect((await entry()).events.at(-1)).toMatchObject({ event: 'failed' })
  mend()
  expect(await release()).toMatchObject({ released: true })
  expect(sink.count).toBe(1)
})

test.each(['ehlo', 'connect'] as const)('a next hop that fails at %s is not asked for others', async (at) => {
  const { sink, release } = await start()
  sink.fail({ at, answer: 'close' })
  expect(await release()).toMatchObject({ released: false, isDown: true })
})

test('a next hop that is gone after the end of the message may have it, and does not get it again', async () => {
  const { sink, log, entry, release } = await start()
  sink.fail({ at: 'dot', answer: 'close', times: 1 })
  expect(await release()).toEqual({ released: false, text: expect.stringContaining('it may have been delivered') })
  expect((await entry()).state).toBe('uncertain')
  expect(log.lines.at(-1)?.event).toBe('quarantined message may have been released')
  expect(await release()).toEqual({ released: false, text: expect.stringContaining('say --again, or delete it') })
  expect(sink.count).toBe(0)
})

test('of many who release it at once one does', async () => {
  const { sink, release } = await start()
  const results = await Promise.all(Array.from({ length: 10 }, release))
  expect(results.filter(({ released }) => released)).toHaveLength(1)
  expect(sink.count).toBe(1)
})

test('a message that is deleted while it is released is not delivered, or is', async () => {
  const { sink, directory, entry, release } = await start()
  const { path } = await entry()
  sink.fail({ at: 'data', answer: 'stall', times: 1 })
  const releasing = release()
  await expect.poll(() => readdirSync(path)).toContain('event-1.json')
  rmSync(path, { recursive: true })
  sink.hangUp()
  expect(await releasing).toMatchObject({ released: false })
  expect(sink.count).toBe(0)
  expect(readdirSync(directory)).toEqual([])
})

test('without a next hop nothing is sent', async () => {
  const { sink, entry, release } = await start()
  await sink.stop()
  expect(await release()).toMatchObject({ released: false, isDown: true })
  expect((await entry()).state).toBe('held')
})

/** A quarantine on a disk that has room for one message and so many files more. */
function smallDisk(files: number): string {
  const directory = join(scratch(), 'small')
  mkdirSync(directory)
  // The root, the directory of the message and its two files; a link counts as a file, too.
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=1m,nr_inodes=${4 + files}`, 'none', directory])
  onTestFinished(() => void execFileSync('umount', [directory]))
  return directory
}

test.each([0, 1])('on a disk that is full after %i files nothing is sent', async (files) => {
  const { sink, entry, release } = await start({}, TEXT, announced, smallDisk(files))
  const result = await release().catch((error: Error) => ({ released: false, text: error.message }))
  expect(result).toEqual({ released: false, text: expect.stringContaining('ENOSPC') })
  expect(sink.count).toBe(0)
  expect(await entry()).toMatchObject({ record: { id: RECORD.id } })
})

test('a disk that is full when it is released is told, and the message does not go again by itself', async () => {
  const { sink, entry, release } = await start({}, TEXT, announced, smallDisk(3))
  expect(await release()).toMatchObject({ released: true, warning: expect.stringContaining('ENOSPC') })
  expect((await entry()).events.map(({ event }) => event)).toEqual(['releasing', 'sending'])
  expect(await release()).toMatchObject({ released: false })
  expect(sink.count).toBe(1)
})
