/** The relay without filters, through a real Postfix: what comes out is what went in, envelope and all. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliver } from '../ground/client.js'
import { expectLastLineEnded, expectUnchanged } from '../ground/fidelity.js'
import { header, LETTERS, recipients, sender } from '../ground/letters.js'
import { type RelayGround, startRelay } from '../ground/relay.js'

const MORE: typeof LETTERS = {
  ...LETTERS,
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
] as const)('in mode %s, %s', (mode, _protocol, tcp) => {
  let ground: RelayGround
  beforeAll(async () => {
    ground = await startRelay({
      mode,
      tcp,
      main: { smtp_destination_recipient_limit: '300', allow_min_user: 'yes' },
    })
  })
  afterAll(() => ground.stop())

  test.each(Object.entries(MORE))('%s', async (_, letter) => {
    await expectUnchanged(ground, letter)
    expect(ground.sink.count).toBe(1)
  })

  test('a last line that does not end', () => expectLastLineEnded(ground))

  test('DSN parameters and the body type', async () => {
    ground.sink.clear()
    await deliver(ground.postfix.port, {
      sender,
      recipients,
      bytes: `${header}caf\u00e9\r\n`,
      mail: 'BODY=8BITMIME RET=HDRS ENVID=QQ+2B314',
      rcpt: 'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+2Bchoice@example.net',
    })
    const [message] = await ground.sink.waitFor(1)
    expect(message?.mail.toString()).toMatch(/ BODY=8BITMIME\b/)
    expect(message?.mail.toString()).toMatch(/ RET=HDRS\b/)
    expect(message?.mail.toString()).toMatch(/ ENVID=QQ\+2B314\b/)
    expect(message?.rcpts[0]?.toString()).toMatch(/ NOTIFY=SUCCESS,DELAY\b/)
    expect(message?.rcpts[0]?.toString()).toMatch(/ ORCPT=rfc822;first\+2Bchoice@example\.net/)
  })

  test('the client as the first Postfix saw it, in the log of the second', async () => {
    await deliver(ground.postfix.port, { sender, recipients, bytes: header })
    const name = mode === 'smtp' ? 'candy-in' : 'candy-in-before'
    const found = await ground.postfix.waitForLog(
      new RegExp(`postfix/${name}/smtpd\\[\\d+\\]: [0-9A-F]+: client=(\\S+), (.*)`),
    )
    expect(found[2]).toMatch(/orig_client=(localhost|unknown)\[127\.0\.0\.1\]/)
    if (mode === 'smtp') expect(found[2]).toMatch(/orig_queue_id=[0-9A-F]+/)
  })
})
