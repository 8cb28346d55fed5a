/** The service without filters, through a real Postfix: what comes out is what went in, envelope and all. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { expectLastLineEnded, expectUnchanged } from '../kit/fidelity.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { header, MAILS, recipients, sender } from '../kit/unusual-mail.js'

const MORE: typeof MAILS = {
  ...MAILS,
  'a line longer than SMTP allows': { bytes: `${header}${'z'.repeat(1500)}\r\n` },
  '200 recipients': {
    recipients: Array.from({ length: 200 }, (_, n) => `r${n}@example.net`),
    bytes: `${header}hi\r\n`,
  },
}

describe.each([
  ['smtp', 'LMTP over a UNIX socket', false],
  ['smtp', 'SMTP over TCP', true],
  ['smtp-before', 'SMTP over a UNIX socket', false],
  ['milter', 'over a UNIX socket', false],
] as const)('in mode %s, %s', (mode, _protocol, tcp) => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({
      mode,
      tcp,
      main: { smtp_destination_recipient_limit: '300', allow_min_user: 'yes' },
    })
  })
  afterAll(() => testBed.stop())

  test.each(Object.entries(MORE))('%s', async (_, mail) => {
    await expectUnchanged(testBed, mail)
    expect(testBed.sink.count).toBe(1)
  })

  test('a last line that does not end', () => expectLastLineEnded(testBed))

  test('DSN parameters and the body type', async () => {
    testBed.sink.clear()
    await deliver(testBed.postfix.port, {
      sender,
      recipients,
      bytes: `${header}caf\u00e9\r\n`,
      mail: 'BODY=8BITMIME RET=HDRS ENVID=QQ+2B314',
      rcpt: 'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+2Bchoice@example.net',
    })
    const [message] = await testBed.sink.waitFor(1)
    expect(message?.mail.toString()).toMatch(/ BODY=8BITMIME\b/)
    expect(message?.mail.toString()).toMatch(/ RET=HDRS\b/)
    expect(message?.mail.toString()).toMatch(/ ENVID=QQ\+2B314\b/)
    expect(message?.rcpts[0]?.toString()).toMatch(/ NOTIFY=SUCCESS,DELAY\b/)
    expect(message?.rcpts[0]?.toString()).toMatch(/ ORCPT=rfc822;first\+2Bchoice@example\.net/)
  })

  // A milter has no second Postfix.
  if (mode === 'milter') return

  test('the client as the first Postfix saw it, in the log of the second', async () => {
    await deliver(testBed.postfix.port, { sender, recipients, bytes: header })
    const name = mode === 'smtp' ? 'candy-in' : 'candy-in-before'
    const found = await testBed.postfix.waitForLog(
      new RegExp(`postfix/${name}/smtpd\\[\\d+\\]: [0-9A-F]+: client=(\\S+), (.*)`),
    )
    expect(found[2]).toMatch(/orig_client=(localhost|unknown)\[127\.0\.0\.1\]/)
    if (mode === 'smtp') expect(found[2]).toMatch(/orig_queue_id=[0-9A-F]+/)
  })
})
