/** What a stranger may choose, in pipe mode through a real Postfix: HELO, login, sender, recipient, bytes of the header. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { connect, type Mail } from '../kit/client.js'
import { announced, type Sink, startSink } from '../kit/sink.js'

const MAIL: Mail = { sender: 'a@example.org', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }

/** The form in which master.cf of a site may still have names and values. */
function inTwoWords(written: readonly string[]): readonly string[] {
  return written.flatMap((word) => /^(--[a-z-]+)=(.*)$/.exec(word)?.slice(1) ?? [word])
}

async function send(port: number, mail: Partial<Mail>, ...before: readonly string[]): Promise<void> {
  await using client = await connect(port)
  for (const line of before) await client.expect(line)
  if (!before.some((line) => line.startsWith('EHLO'))) await client.ehlo()
  expect((await client.send({ ...MAIL, ...mail })).code).toBe(250)
}

describe.each([
  ['one word', (written: readonly string[]) => written],
  ['two words', inTwoWords],
])('with each name and its value in %s', (_, argv) => {
  let testBed: CandyTestBed
  beforeAll(async () => {
    testBed = await startCandy({
      argv,
      main: {
        allow_min_user: 'yes',
        smtpd_authorized_xclient_hosts: '127.0.0.0/8',
        mynetworks: '127.0.0.0/8 192.0.2.0/24',
      },
    })
  })
  afterAll(() => testBed.stop())

  interface Choice {
    readonly what: string
    readonly mail?: Partial<Mail>
    /** What is said before the message. */
    readonly said?: readonly string[]
  }

  const choices: readonly Choice[] = [
    { what: 'a HELO name that looks like an option', said: ['EHLO -foo'] },
    { what: 'a HELO name that looks like an option of candy', said: ['EHLO --config=/nowhere'] },
    { what: 'a HELO name that looks like the end of options', said: ['EHLO --'] },
    { what: 'a HELO name that candy-in finds too long', said: [`EHLO ${'a'.repeat(300)}`] },
    { what: 'a login that looks like an option', said: ['XCLIENT LOGIN=-login', 'EHLO -foo'] },
    { what: 'a sender that looks like an option', mail: { sender: '-a@example.org' } },
    { what: 'recipients that look like options', mail: { recipients: ['--id@example.net', '-b@example.net'] } },
    { what: 'the null sender', mail: { sender: '' } },
    {
      what: 'addresses in UTF-8',
      mail: { sender: 'jörg@example.org', recipients: ['ö@example.net'], mail: 'SMTPUTF8' },
    },
  ]

  test.each(choices)('$what: the mail arrives', async ({ mail = {}, said = [] }) => {
    const { postfix, sink } = testBed
    sink.clear()
    const from = (await postfix.log()).length
    await send(postfix.port, mail, ...said)
    const [message] = await sink.waitFor(1)
    expect(message?.sender).toBe(mail.sender ?? MAIL.sender)
    expect(message?.recipients.toSorted()).toEqual((mail.recipients ?? MAIL.recipients).toSorted())
    await postfix.waitUntilEmpty()
    expect((await postfix.log()).slice(from)).not.toMatch(/status=(?:deferred|bounced)/)
  })

  test('filters are told what the stranger said', async () => {
    const { postfix, sink, marks } = testBed
    const seen = join(marks, 'seen')
    await testBed.writeFilter('50-look', `#!/bin/sh\ncat >/dev/null\necho "$CANDY_HELO $CANDY_LOGIN" >>${seen}\n`)
    sink.clear()
    await send(postfix.port, {}, 'XCLIENT LOGIN=-login', 'EHLO -foo')
    await sink.waitFor(1)
    expect(await readFile(seen, 'utf8')).toBe('-foo -login\n')
    await testBed.removeFilter('50-look')
  })

  test("the next hop's log has the client and the queue id", async () => {
    const { postfix, sink } = testBed
    sink.clear()
    await send(postfix.port, {}, 'XCLIENT NAME=spike.example.org ADDR=192.0.2.7')
    await sink.waitFor(1)
    await postfix.waitForLog(
      /candy-in\/smtpd.*client=localhost.*orig_queue_id=\w+, orig_client=spike\.example\.org\[192\.0\.2\.7\]/,
    )
  })
})

describe('the way back by candy-in', () => {
  let testBed: CandyTestBed
  let plain: Sink
  beforeAll(async () => {
    plain = await startSink({ keywords: announced.filter((keyword) => keyword !== 'SMTPUTF8') })
    testBed = await startCandy({
      main: { default_transport: `smtp:[127.0.0.1]:${plain.port}`, smtputf8_autodetect_classes: 'sendmail, verify' },
    })
  })
  afterAll(async () => {
    await testBed.stop()
    await plain.stop()
  })

  test('delivers a raw 8-bit header to a host without SMTPUTF8, as Postfix itself does', async () => {
    const bytes = Buffer.from('From: <a@example.org>\r\nSubject: caf\u00e9 \u20ac\r\n\r\nbody\r\n')
    await send(testBed.postfix.port, { bytes })
    const [message] = await plain.waitFor(1)
    expect(message?.bytes.toString()).toContain('Subject: caf\u00e9 \u20ac\r\n')
    await testBed.postfix.waitUntilEmpty()
    expect(await testBed.postfix.log()).not.toMatch(/status=(?:deferred|bounced)/)
  })

  test('bounces a mail loop at once', async () => {
    plain.clear()
    const hops = Array.from({ length: 48 }, (_, n) => `Received: from h${n} by g; Fri, 27 Nov 2026 11:00:00 +0000\r\n`)
    await send(testBed.postfix.port, { bytes: `${hops.join('')}${MAIL.bytes}` })
    await testBed.postfix.waitForLog(/status=bounced .*too many hops/)
    expect((await plain.waitFor(1))[0]?.sender).toBe('')
    await testBed.postfix.waitUntilEmpty()
  })

  test('carries an address that is not UTF-8 as it came', async () => {
    const { postfix } = testBed
    await postfix.set({ smtputf8_enable: 'no' })
    await postfix.reload()
    plain.clear()
    await using client = await connect(postfix.port)
    await client.ehlo()
    await client.expect('MAIL FROM:<a@example.org>')
    await client.command(Buffer.from('RCPT TO:<b\xff@example.net>', 'latin1'))
    await client.expect('DATA')
    expect((await client.content(MAIL.bytes)).code).toBe(250)
    const [message] = await plain.waitFor(1)
    const lines = message?.transcript.map((line) => line.toString('latin1')) ?? []
    expect(lines).toContainEqual(expect.stringMatching(/^RCPT TO:<b\xff@example\.net>/))
  })
})

test('an argument that candy does not know is named in its own log, with the queue id', async () => {
  await using testBed = await startCandy({ argv: (written) => written.toSpliced(written.indexOf('--'), 0, '--bogus') })
  await send(testBed.postfix.port, {})
  await testBed.postfix.waitForLog(/status=deferred/)
  expect(await testBed.candyLog()).toMatch(/not delivered id=\w+ code=CONFIG error=.*unknown option/)
})
