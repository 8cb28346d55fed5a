/** What a scanner would miss where it is shown another message than the reader gets: caught before the queue as after it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../kit/client.js'
import { DISGUISED, UNSEPARATED_SPAM } from '../kit/odd-messages.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

const scanners = { clamd: {}, spamd: {} }

async function answerTo(testBed: RelayTestBed, bytes: Buffer): Promise<string> {
  await using client = await connect(testBed.postfix.port)
  await client.ehlo()
  const reply = await client.send({ sender: 'a@example.org', recipients: ['b@example.net'], bytes })
  return `${reply.code} ${reply.lines.join(' ')}`
}

async function installScanners(testBed: RelayTestBed): Promise<void> {
  const dropIn = (scanner: string, address: string | undefined): string =>
    `filter = "@candy/filter-${scanner}"\n[options]\naddresses = ["${address}"]\n`
  await testBed.writeFilter('50-clamav.toml', dropIn('clamav', testBed.clamd?.socket))
  await testBed.writeFilter('60-spamassassin.toml', dropIn('spamassassin', testBed.spamd?.socket))
  await testBed.reload()
}

describe.each(['smtp-before', 'milter'] as const)('in mode %s', (mode) => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({ mode, workers: 1, scanners })
    await installScanners(testBed)
  })
  afterAll(() => testBed.stop())

  test.each(Object.entries(DISGUISED))('%s hides no virus', async (_, bytes) => {
    expect(await answerTo(testBed, bytes)).toMatch(/^550 5\.7\.1 virus found: Eicar/)
    expect(testBed.sink.count).toBe(0)
  })

  test('the missing empty line hides no spam', async () => {
    expect(await answerTo(testBed, UNSEPARATED_SPAM)).toMatch(/^550 5\.7\.1 this message looks like spam/)
    expect(testBed.sink.count).toBe(0)
  })
})

describe('in mode smtp', () => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({ workers: 1, scanners })
    await installScanners(testBed)
  })
  afterAll(() => testBed.stop())

  test('none of them hides a virus or spam', async () => {
    const all = [...Object.values(DISGUISED), UNSEPARATED_SPAM]
    for (const bytes of all) expect(await answerTo(testBed, bytes)).toMatch(/^250/)
    await testBed.postfix.waitUntilEmpty()
    expect(testBed.sink.count).toBe(0)
    expect(await testBed.quarantined()).toHaveLength(all.length)
  })
})
