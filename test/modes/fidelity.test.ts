/** Without filters, through a real Postfix in every mode: what comes out is what went in, envelope and all. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCandy } from '../kit/candy.js'
import { deliver } from '../kit/client.js'
import { MODE_NAMES, type Mode } from '../kit/enabled.js'
import { type Entrances, startEntrances } from '../kit/entrances.js'
import { expectLastLineEnded, expectUnchanged } from '../kit/fidelity.js'
import { startRelay } from '../kit/relay.js'
import type { TestBed } from '../kit/test-bed.js'
import { header, MAILS, recipients, sender } from '../kit/unusual-mail.js'

const main = { smtp_destination_recipient_limit: '300', allow_min_user: 'yes' }

/** What comes back over SMTP as one message, and by sendmail(1) need not. */
const MORE: typeof MAILS = {
  'a line longer than SMTP allows': { bytes: `${header}${'z'.repeat(1500)}\r\n` },
  '200 recipients': {
    recipients: Array.from({ length: 200 }, (_, n) => `r${n}@example.net`),
    bytes: `${header}hi\r\n`,
  },
}

/** The service that takes mail back; in mode milter there is none. pipe(8) tells nothing of delivery status notifications. */
const REINJECTION: Readonly<Partial<Record<Mode, string>>> = { smtp: 'candy-in', 'smtp-before': 'candy-in-before' }

/** What holds for a Postfix that takes mail at its port. */
function unchanged(testBed: () => TestBed, mails: typeof MAILS): void {
  test.each(Object.entries(mails))('%s', (_, mail) => expectUnchanged(testBed(), mail))

  test('a last line that does not end', () => expectLastLineEnded(testBed()))
}

function inOneMessage(testBed: () => TestBed): void {
  test.each(Object.entries(MORE))('%s', async (_, mail) => {
    await expectUnchanged(testBed(), mail)
    expect(testBed().sink.count).toBe(1)
  })
}

function withParameters(testBed: () => TestBed): void {
  test('DSN parameters and the body type', async () => {
    const { postfix, sink } = testBed()
    sink.clear()
    await deliver(postfix.port, {
      sender,
      recipients,
      bytes: `${header}caf\u00e9\r\n`,
      mail: 'BODY=8BITMIME RET=HDRS ENVID=QQ+2B314',
      rcpt: 'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+2Bchoice@example.net',
    })
    const [message] = await sink.waitFor(1)
    expect(message?.mail.toString()).toMatch(/ BODY=8BITMIME\b/)
    expect(message?.mail.toString()).toMatch(/ RET=HDRS\b/)
    expect(message?.mail.toString()).toMatch(/ ENVID=QQ\+2B314\b/)
    expect(message?.rcpts[0]?.toString()).toMatch(/ NOTIFY=SUCCESS,DELAY\b/)
    expect(message?.rcpts[0]?.toString()).toMatch(/ ORCPT=rfc822;first\+2Bchoice@example\.net/)
  })
}

/** The client as the first Postfix saw it, in the log of the second. */
function clientLogged(testBed: () => TestBed, service: string): void {
  test('the client', async () => {
    const { postfix } = testBed()
    const from = (await postfix.log()).length
    await deliver(postfix.port, { sender, recipients, bytes: header })
    const line = new RegExp(`postfix/${service}/smtpd\\[\\d+\\]: [0-9A-F]+: client=\\S+, (.*)`)
    let logged: string | undefined
    await postfix.waitUntil('the message that comes back', async () => {
      logged = line.exec((await postfix.log()).slice(from))?.[1]
      return logged !== undefined
    })
    await postfix.waitUntilEmpty()
    expect(logged).toMatch(/orig_client=(localhost|unknown)\[127\.0\.0\.1\]/)
    if (service === 'candy-in') expect(logged).toMatch(/orig_queue_id=[0-9A-F]+/)
  })
}

describe('over UNIX sockets', () => {
  let entrances: Entrances
  beforeAll(async () => {
    entrances = await startEntrances({ main })
  })
  afterAll(() => entrances.stop())

  describe.each(MODE_NAMES)('mode %s', (mode) => {
    const testBed = (): TestBed => ({ ...entrances, postfix: { ...entrances.postfix, port: entrances.ports[mode] } })
    unchanged(testBed, MAILS)
    inOneMessage(testBed)
    if (mode !== 'pipe') withParameters(testBed)
    const service = REINJECTION[mode]
    if (service !== undefined) clientLogged(testBed, service)
  })

  describe('mode pipe without candy serve', () => {
    beforeAll(() => entrances.end())
    unchanged(() => ({ ...entrances, postfix: { ...entrances.postfix, port: entrances.ports.pipe } }), MAILS)
  })
})

describe('mode smtp, SMTP over TCP', () => {
  let testBed: TestBed
  beforeAll(async () => {
    testBed = await startRelay({ tcp: true, main })
  })
  afterAll(() => testBed.stop())
  unchanged(() => testBed, MAILS)
  inOneMessage(() => testBed)
  withParameters(() => testBed)
  clientLogged(() => testBed, 'candy-in')
})

describe('mode pipe, back by sendmail(1)', () => {
  let testBed: TestBed
  beforeAll(async () => {
    testBed = await startCandy({ reinject: 'sendmail', main })
  })
  afterAll(() => testBed.stop())
  unchanged(() => testBed, MAILS)
})
