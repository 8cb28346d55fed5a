import { expect, test } from 'vitest'
import { ownIdentity } from '../../src/os/process-identity.js'
import { readEntry, type SoundEntry } from '../../src/quarantine/entry.js'
import { appendEvent, type QuarantineEvent } from '../../src/quarantine/events.js'
import { planRelease, readTwins } from '../../src/quarantine/release-plan.js'
import { scratch } from '../support.js'
import { keep, RECORD } from './stored.js'

const [B, C] = RECORD.envelope.recipients as [string, string]
const own = await ownIdentity()
const dead = { ...own, pid: 1 }

async function entryWith(directory: string, ...events: readonly QuarantineEvent[]): Promise<SoundEntry> {
  const name = await keep(directory)
  const read = async (): Promise<SoundEntry> => {
    const entry = await readEntry(directory, name)
    if (entry === undefined || entry.state === 'damaged') throw new Error('no entry')
    return entry
  }
  for (const [known, event] of events.entries()) await appendEvent((await read()).path, known, event)
  return read()
}

const released = (...recipients: readonly string[]): readonly QuarantineEvent[] => [
  { event: 'releasing', recipients, by: dead },
  { event: 'sending' },
  { event: 'released', reply: '250 2.0.0 Ok' },
]
const cut = (...recipients: readonly string[]): readonly QuarantineEvent[] => released(...recipients).slice(0, 2)

test('all recipients get it, with the commands they came with', async () => {
  expect(planRelease(await entryWith(scratch()), { again: false })).toEqual({
    recipients: [B, C],
    mail: RECORD.commands.mail,
    rcpt: RECORD.commands.recipients,
  })
})

test('some recipients, in upper or lower case, get theirs, once', async () => {
  expect(planRelease(await entryWith(scratch()), { only: ['C@Example.org', C], again: false })).toEqual({
    recipients: [C],
    mail: RECORD.commands.mail,
    rcpt: [RECORD.commands.recipients[1]],
  })
})

test('a recipient whom it is not addressed to is named', async () => {
  expect(planRelease(await entryWith(scratch()), { only: [B, 'x@example.net'], again: false })).toEqual({
    refused: `it is not addressed to x@example.net, but to ${B}, ${C}`,
  })
})

test('another address gets it without what the recipients have asked for, and with SMTPUTF8 where it needs that', async () => {
  const entry = await entryWith(scratch())
  expect(planRelease(entry, { to: ['x@example.net'], again: false })).toEqual({
    recipients: ['x@example.net'],
    mail: RECORD.commands.mail,
    rcpt: ['RCPT TO:<x@example.net>'],
  })
  expect(planRelease(entry, { to: ['jörg@example.net'], again: false })).toMatchObject({
    mail: `${RECORD.commands.mail} SMTPUTF8`,
    rcpt: ['RCPT TO:<j\xc3\xb6rg@example.net>'],
  })
})

test('who has it does not get it again, unless that is said', async () => {
  const one = await entryWith(scratch(), ...released(B))
  expect(planRelease(one, { again: false })).toMatchObject({ recipients: [C] })
  expect(planRelease(one, { again: true })).toMatchObject({ recipients: [B, C] })
  expect(planRelease(one, { only: [B], again: false })).toMatchObject({ refused: expect.stringContaining('--again') })
  const all = await entryWith(scratch(), ...released(B, C))
  expect(planRelease(all, { again: false })).toMatchObject({ refused: expect.stringContaining('had it before') })
  expect(planRelease(all, { to: ['x@example.net'], again: false })).toMatchObject({ recipients: ['x@example.net'] })
})

test('who may have it does not get it either, and it is said where to look', async () => {
  const entry = await entryWith(scratch(), ...cut(B))
  expect(planRelease(entry, { again: false })).toEqual({
    refused: expect.stringMatching(/b@example\.net may have it: .*message-id=<1@example\.com>.*--again, or delete it/),
  })
  expect(planRelease(entry, { only: [C], again: false })).toMatchObject({ recipients: [C] })
  expect(planRelease(entry, { again: true })).toMatchObject({ recipients: [B, C] })
})

test('nobody comes between while a process releases it, whatever is said', async () => {
  const entry = await entryWith(scratch(), { event: 'releasing', recipients: [B, C], by: own })
  expect(planRelease(entry, { again: true })).toEqual({
    refused: `process ${process.pid} is releasing it at this moment`,
  })
})

test('the same message under another name is not released to the same people', async () => {
  const directory = scratch()
  const twin = await entryWith(directory, ...released(B))
  const entry = await entryWith(directory)
  await keep(directory, { id: 'other' })
  await keep(directory, {}, 'another message under the same id')
  const names = [twin.name, entry.name, '20260102T030405Z-other', '20260102T030405Z-4bXyz12-3']
  const twins = await readTwins(directory, names, entry)
  expect(twins.map(({ name }) => name)).toEqual([twin.name])
  expect(planRelease(entry, { again: false }, twins)).toMatchObject({ refused: expect.stringContaining(twin.name) })
  expect(planRelease(entry, { only: [C], again: false }, twins)).toMatchObject({ recipients: [C] })
  expect(planRelease(entry, { again: true }, twins)).toMatchObject({ recipients: [B, C] })
})
