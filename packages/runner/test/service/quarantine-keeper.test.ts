/** What the service does for the quarantine by itself, with a next hop that takes its mail, and one that does not. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Sink, startSink } from '../../../../test/kit/sink.js'
import { parseSettings, type Settings } from '../../src/config/settings.js'
import { type DigestContext, sendDigest } from '../../src/service/digest.js'
import { keepQuarantine } from '../../src/service/quarantine-keeper.js'
import { keep } from '../quarantine/stored.js'
import { type MemoryLog, memoryLog, scratch } from '../support.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

interface TestBed {
  readonly sink: Sink
  readonly log: MemoryLog
  readonly settings: Settings
  readonly directory: string
  readonly stamp: string
  readonly configDirectory: string
  /** What the service does at a time. */
  digestAt(now: number): Promise<void>
}

async function start(...lines: readonly string[]): Promise<TestBed> {
  const configDirectory = scratch()
  const state = scratch()
  const directory = join(state, 'quarantine')
  for (const path of [directory, join(state, 'service')]) mkdirSync(path)
  const path = join(scratch(), 'sink')
  const sink = await startSink({ path })
  onTestFinished(() => sink.stop())
  const text = [`state = "${state}"`, '[smtp]', `next_hop = "unix:${path}"`, '[quarantine]', ...lines].join('\n')
  const settings = parseSettings(configDirectory, text, [])
  const log = memoryLog()
  const context = { configDirectory, settings, log }
  const stamp = join(state, 'service/digest.json')
  const digestAt = (now: number): Promise<void> => sendDigest(context, new AbortController().signal, now)
  return { sink, log, settings, directory, stamp, configDirectory, digestAt }
}

/** A message that came so many milliseconds before `now`. */
const came = (now: number, ago: number): { readonly time: string } => ({ time: new Date(now - ago).toISOString() })

const NOTIFY = 'notify = "postmaster@example.org"'

test('it deletes what has expired and what killed processes have left, and logs it', async () => {
  const { log, settings, directory, configDirectory } = await start('keep = "10d"')
  const [old, kept] = [
    await keep(directory, came(Date.now(), 11 * DAY)),
    await keep(directory, came(Date.now(), 9 * DAY)),
  ]
  mkdirSync(join(directory, `.${old}-1-1-1-1`))
  const draft = readdirSync(directory).find((name) => name.startsWith('.')) ?? ''
  writeFileSync(join(directory, draft, 'message.eml'), 'half')
  const keeper = keepQuarantine(() => ({ configDirectory, settings, log }), 10)
  await expect.poll(() => readdirSync(directory)).not.toContain(old)
  await keeper.end()
  expect(readdirSync(directory)).toEqual([draft, kept])
  expect(log.lines).toEqual([
    {
      level: 'info',
      event: 'quarantined message expired',
      fields: { name: old, id: expect.any(String), state: 'held', limit: 'keep' },
    },
  ])
})

test('while the clock has moved and is not believed, nothing expires because of its age, and that is logged once', async () => {
  const { log, settings, directory, configDirectory } = await start('keep = "10d"')
  const old = await keep(directory, came(Date.now(), 11 * DAY))
  const stamp = join(settings.state, 'service/clock.json')
  writeFileSync(stamp, JSON.stringify({ version: 1, believed: Date.now() - 8 * DAY }))
  let looks = 0
  const inForce = (): DigestContext => {
    looks += 1
    return { configDirectory, settings, log }
  }
  const keeper = keepQuarantine(inForce, 10)
  await expect.poll(() => looks).toBeGreaterThan(3)
  await keeper.end()
  expect(readdirSync(directory)).toEqual([old])
  expect(log.lines.map(({ level, event }) => `${level}: ${event}`)).toEqual([
    'warn: the clock has moved: nothing expires by its age before it has gone on for a day',
  ])
  expect(JSON.parse(readFileSync(stamp, 'utf8')).doubted.boot).toMatch(/^[0-9a-f-]+$/)
})

test('the digest is sent by itself once a day has passed since the last one, and then not again', async () => {
  const { sink, log, settings, directory, stamp, configDirectory } = await start(NOTIFY)
  await keep(directory, came(Date.now(), 2 * HOUR))
  const due = Date.now() + 1_000
  writeFileSync(stamp, JSON.stringify({ version: 1, sent: due - DAY, until: due - DAY }))
  let looks = 0
  const inForce = (): DigestContext => {
    looks += 1
    return { configDirectory, settings, log }
  }
  const keeper = keepQuarantine(inForce, 20)
  await expect.poll(() => log.lines.at(-1)?.event).toBe('digest of the quarantine sent')
  expect(Date.now()).toBeGreaterThanOrEqual(due)
  await keep(directory, came(Date.now(), HOUR))
  const before = looks
  await expect.poll(() => looks).toBeGreaterThan(before + 2)
  await keeper.end()
  expect(sink.count).toBe(1)
})

test('a quarantine that is not there is logged, and looked for again', async () => {
  const { log, settings, configDirectory } = await start()
  const keeper = keepQuarantine(() => ({ configDirectory, settings: { ...settings, state: '/nowhere' }, log }), 10)
  await expect.poll(() => log.lines.length).toBeGreaterThan(1)
  await keeper.end()
  expect(log.lines[0]).toMatchObject({ level: 'error', fields: { error: expect.stringContaining('ENOENT') } })
})

test('a digest is sent once a day at most, and only when something is new', async () => {
  const { sink, directory, digestAt } = await start(NOTIFY)
  const now = Date.now()
  await digestAt(now)
  expect(sink.count).toBe(0)
  await keep(directory, { ...came(now, 2 * HOUR), id: 'first' })
  await digestAt(now)
  expect(sink.messages[0]).toMatchObject({ sender: '', recipients: ['postmaster@example.org'] })
  expect(sink.messages[0]?.bytes.toString()).toMatch(/^Subject: Quarantine of .*: 1 new message\r$/m)
  await keep(directory, { ...came(now, HOUR / 10), id: 'second' })
  for (const later of [1, HOUR, 23 * HOUR]) await digestAt(now + later)
  expect(sink.count).toBe(1)
  await digestAt(now + DAY)
  expect(sink.count).toBe(2)
  const text = sink.messages[1]?.bytes.toString() ?? ''
  expect([text.includes('-second'), text.includes('-first')]).toEqual([true, false])
  await digestAt(now + 2 * DAY)
  expect(sink.count).toBe(2)
})

test('a digest that is refused is logged, and sent an hour later', async () => {
  const { sink, log, directory, digestAt } = await start(NOTIFY)
  const now = Date.now()
  await keep(directory, came(now, HOUR))
  const mend = sink.fail({ at: 'dot', answer: '451 4.3.0 later' })
  await digestAt(now)
  expect(log.lines.map(({ level }) => level)).toEqual(['warn'])
  mend()
  await digestAt(now + HOUR)
  await digestAt(now + 2 * HOUR)
  expect(sink.count).toBe(1)
})

test('a digest that may have been sent is not sent again on that day, and the next one tells the same', async () => {
  const { sink, log, directory, digestAt } = await start(NOTIFY)
  const now = Date.now()
  await keep(directory, { ...came(now, HOUR), id: 'first' })
  sink.fail({ at: 'dot', answer: 'close', times: 1 })
  await digestAt(now)
  expect(log.lines[0]?.event).toContain('may have been sent')
  await digestAt(now + 23 * HOUR)
  expect(sink.count).toBe(0)
  await digestAt(now + DAY)
  expect(sink.messages[0]?.bytes.toString()).toContain('-first')
})

test('a damaged stamp, and one of a clock that was wrong, keep no digest away', async () => {
  const { sink, directory, stamp, digestAt } = await start(NOTIFY)
  const now = Date.now()
  await keep(directory, came(now, HOUR))
  writeFileSync(stamp, '{')
  await digestAt(now)
  expect(sink.count).toBe(1)
  expect(JSON.parse(readFileSync(stamp, 'utf8'))).toMatchObject({ version: 1, sent: now })
  writeFileSync(stamp, JSON.stringify({ version: 1, sent: now + 400 * DAY, until: now + 400 * DAY }))
  await digestAt(now)
  expect(sink.count).toBe(2)
})

test('nobody is told where nobody is named', async () => {
  const { sink, directory, digestAt } = await start()
  await keep(directory, came(Date.now(), HOUR))
  await digestAt(Date.now())
  expect(sink.count).toBe(0)
})
