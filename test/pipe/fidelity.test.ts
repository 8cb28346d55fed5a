/** Pipe mode without filters: what comes out is what went in, for everything that Postfix hands over. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CandyGround, startCandy } from '../ground/candy.js'
import { connect, deliver, type Letter } from '../ground/client.js'

const sender = 'sender@example.com'
const recipients = ['recipient@example.net']
const header = 'Subject: fidelity\r\n\r\n'

const LETTERS: Readonly<Record<string, Partial<Letter>>> = {
  'plain text': { bytes: `${header}hello\r\n` },
  '8-bit bytes': { bytes: Buffer.from(`${header}\x80\xff caf\xe9\r\n`, 'latin1'), mail: 'BODY=8BITMIME' },
  'lines of dots': { bytes: `${header}.\r\n..\r\n...\r\n.a\r\n` },
  'lines of 990 characters': { bytes: `${header}${'x'.repeat(990)}\r\n${'y'.repeat(990)}\r\n` },
  'an empty body': { bytes: header },
  'a header and nothing else': { bytes: 'Subject: alone\r\n' },
  'blanks at the ends of lines and empty lines at the end': { bytes: `${header}a \r\n\t\r\n\r\n\r\n` },
  '50 recipients': { recipients: Array.from({ length: 50 }, (_, n) => `r${n}@example.net`), bytes: `${header}hi\r\n` },
  'the null sender': { sender: '', bytes: `${header}bounce\r\n` },
  'an internationalised address': {
    sender: 'jörg@exämple.com',
    recipients: ['用户@example.net'],
    mail: 'SMTPUTF8',
    bytes: `${header}hi\r\n`,
  },
  'addresses that need quoting': {
    sender: '"a b"@example.com',
    recipients: ['"c d"@example.net', '-x@example.net'],
    bytes: `${header}hi\r\n`,
  },
  'a mebibyte': { bytes: `${header}${'0123456789abcdef0123456789abcdef\r\n'.repeat(32_768)}` },
}

describe.each(['sendmail', 'candy-in'] as const)('by way of %s', (reinject) => {
  let ground: CandyGround
  beforeAll(async () => {
    ground = await startCandy({ reinject, main: { allow_min_user: 'yes' } })
  })
  afterAll(() => ground.stop())

  test.each(Object.entries(LETTERS))('%s', async (_, letter) => {
    const sent: Letter = { sender, recipients, bytes: '', ...letter }
    ground.sink.clear()
    await deliver(ground.postfix.port, sent)
    const received = await ground.sink.waitFor(1)
    const [first] = received
    expect(first?.sender).toBe(sent.sender)
    expect(new Set(received.flatMap((message) => message.recipients))).toEqual(new Set(sent.recipients))
    expect(received.flatMap((message) => message.recipients)).toHaveLength(sent.recipients.length)
    for (const message of received) expect(bodyOf(message.bytes)).toEqual(bodyOf(Buffer.from(sent.bytes)))
    await ground.postfix.waitUntilEmpty()
  })

  test('a last line that does not end', async () => {
    ground.sink.clear()
    await using client = await connect(ground.postfix.port)
    await client.ehlo()
    await client.expect(`MAIL FROM:<${sender}>`)
    await client.expect(`RCPT TO:<${recipients[0]}>`)
    const bytes = `${header}no end`
    client.write(`BDAT ${bytes.length} LAST\r\n${bytes}`)
    expect((await client.read()).code).toBe(250)
    const [message] = await ground.sink.waitFor(1)
    expect(bodyOf(message?.bytes ?? Buffer.of())).toBe('no end\r\n')
  })
})

/** From the empty line on; everything from the first line that Postfix can't have added where there is none. */
function bodyOf(message: Buffer): string {
  const at = message.indexOf('\r\n\r\n')
  return at === -1 ? '' : message.subarray(at + 4).toString('latin1')
}
