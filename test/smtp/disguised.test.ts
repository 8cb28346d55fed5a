/** What a scanner would miss where it is shown another message than the reader gets: caught before the queue as after it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../ground/client.js'
import { DISGUISED, UNSEPARATED_SPAM } from '../ground/odd.js'
import { type RelayGround, startRelay } from '../ground/relay.js'

const scanners = { clamd: {}, spamd: {} }

async function answerTo(ground: RelayGround, bytes: Buffer): Promise<string> {
  await using client = await connect(ground.postfix.port)
  await client.ehlo()
  const reply = await client.send({ sender: 'a@example.org', recipients: ['b@example.net'], bytes })
  return `${reply.code} ${reply.lines.join(' ')}`
}

async function installScanners(ground: RelayGround): Promise<void> {
  const dropIn = (scanner: string, address: string | undefined): string =>
    `filter = "@candy/filter-${scanner}"\n[options]\naddresses = ["${address}"]\n`
  await ground.writeFilter('50-clamav.toml', dropIn('clamav', ground.clamd?.socket))
  await ground.writeFilter('60-spamassassin.toml', dropIn('spamassassin', ground.spamd?.socket))
  await ground.reload()
}

describe('in mode smtp-before', () => {
  let ground: RelayGround
  beforeAll(async () => {
    ground = await startRelay({ mode: 'smtp-before', workers: 1, scanners })
    await installScanners(ground)
  })
  afterAll(() => ground.stop())

  test.each(Object.entries(DISGUISED))('%s hides no virus', async (_, bytes) => {
    expect(await answerTo(ground, bytes)).toMatch(/^550 5\.7\.1 virus found: Eicar/)
    expect(ground.sink.count).toBe(0)
  })

  test('the missing empty line hides no spam', async () => {
    expect(await answerTo(ground, UNSEPARATED_SPAM)).toMatch(/^550 5\.7\.1 this message looks like spam/)
    expect(ground.sink.count).toBe(0)
  })
})

describe('in mode smtp', () => {
  let ground: RelayGround
  beforeAll(async () => {
    ground = await startRelay({ workers: 1, scanners })
    await installScanners(ground)
  })
  afterAll(() => ground.stop())

  test('none of them hides a virus or spam', async () => {
    const all = [...Object.values(DISGUISED), UNSEPARATED_SPAM]
    for (const bytes of all) expect(await answerTo(ground, bytes)).toMatch(/^250/)
    await ground.postfix.waitUntilEmpty()
    expect(ground.sink.count).toBe(0)
    expect(await ground.quarantined()).toHaveLength(all.length)
  })
})
