/**
 * What the service that takes mail back may have against what it hears of a real Postfix: against what a client says of
 * itself, which costs nothing, and against a message for good, which its sender hears of at once and not after five days.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, connect, type Mail } from '../kit/client.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

const LONG_NAMES = ['a'.repeat(256), 'a'.repeat(1500), '='.repeat(1500)]

const MAIL: Mail = { sender: 'a@example.org', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }

const RECEIVED = Array.from({ length: 48 }, (_, n) => `Received: from h${n} by g; Fri, 27 Nov 2026 11:00:00 +0000\r\n`)

/** So many Received fields that hopcount_limit in postconf(5) lets them pass once, and not twice. */
const LOOPING = { ...MAIL, bytes: `${RECEIVED.join('')}${MAIL.bytes}` }

/** Sends it as a client that says who it is with `hello`; gives the last reply. */
async function send(port: number, mail: Mail, hello = 'client.example.test'): Promise<string> {
  await using client = await connect(port)
  await client.expect(`EHLO ${hello}`)
  const { code, lines } = await client.send(mail)
  return `${code} ${lines.join(' ')}`
}

/** What holds in both places. */
function tests(testBed: () => RelayTestBed): void {
  test.each(LONG_NAMES)('a HELO name that candy-in refuses costs nothing (%#)', async (name) => {
    const { postfix, sink, candyLog } = testBed()
    sink.clear()
    const from = (await candyLog()).length
    expect(await send(postfix.port, MAIL, name)).toMatch(/^250 /)
    expect(await send(postfix.port, MAIL, 'short')).toMatch(/^250 /)
    await sink.waitFor(2)
    await postfix.waitUntilEmpty()
    const log = (await candyLog()).slice(from)
    expect(log.match(/next hop refused XFORWARD, which is for its log .*reply="50[01] /g)).toHaveLength(1)
    expect(await postfix.log()).not.toMatch(/status=(?:deferred|bounced)/)
  })
}

describe('in mode smtp-before', () => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({ mode: 'smtp-before', workers: 1 })
  })
  afterAll(() => testBed.stop())

  tests(() => testBed)

  test('a mail loop is refused for good', async () => {
    expect(await send(testBed.postfix.port, LOOPING)).toMatch(/^554 5\.4\.[06] .*too many hops/)
  })
})

describe('in mode smtp', () => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({
      workers: 1,
      filters: { '50-spam': '#!/bin/sh\nif grep -q "^Subject: spam"; then echo spam; exit 69; fi\n' },
    })
    const { postfix } = testBed
    await postfix.run('postconf', ['-c', postfix.configDirectory, '-P', 'candy-in/unix/smtpd_hard_error_limit=3'])
    await postfix.reload()
    await postfix.waitUntil('the end of the smtpd from before', () => postfix.servers('candy-in').length === 0)
  })
  afterAll(() => testBed.stop())

  tests(() => testBed)

  /** A session with candy as Postfix would have it. */
  async function greet(): Promise<Client> {
    const client = await connect(testBed.socket)
    await client.expect('LHLO mx.example.test')
    return client
  }

  async function deliver(client: Client, subject: string): Promise<void> {
    const bytes = `Subject: ${subject}\r\n\r\nx\r\n`
    expect((await client.send({ ...MAIL, bytes })).code).toBe(250)
  }

  test.each([
    'ADDR=IPV6:2001:db8::1',
    'PORT=not-a-port',
    'NAME=-not-a-name-',
    'SOURCE=NOWHERE',
    'NOTHING=known',
    'PROTO',
  ])('candy-in, which refuses XFORWARD %s, takes the mail all the same', async (attribute) => {
    testBed.sink.clear()
    await using client = await greet()
    await client.expect(`XFORWARD ${attribute}`)
    await deliver(client, 'x')
    await testBed.sink.waitFor(1)
  })

  test('candy-in knows the attributes that it took, for this message alone', async () => {
    const { postfix } = testBed
    const from = (await postfix.log()).length
    await using client = await greet()
    await client.expect('XFORWARD NAME=spike.example.org ADDR=192.0.2.7')
    await client.expect(`XFORWARD PROTO=ESMTP HELO=${'a'.repeat(300)} IDENT=4F2B`)
    await deliver(client, 'first')
    await client.expect('XFORWARD ADDR=nowhere')
    await deliver(client, 'second')
    const clients = async (): Promise<string[]> => (await postfix.log()).slice(from).match(/: client=.*/g) ?? []
    await postfix.waitUntil('both', async () => (await clients()).length === 2)
    const [first, second] = await clients()
    expect(first).toContain('orig_client=spike.example.org[192.0.2.7]')
    expect(second).not.toContain('orig_client')
  })

  test('candy-in, when it has enough of refusals, hangs up, and hears the rest on another connection', async () => {
    const { postfix, sink } = testBed
    sink.clear()
    const from = (await postfix.log()).length
    await using client = await greet()
    for (let n = 0; n < 8; n++) {
      await client.expect('XFORWARD ADDR=nowhere')
      await deliver(client, 'spam')
    }
    await client.expect('XFORWARD ADDR=nowhere')
    await deliver(client, 'honest')
    await sink.waitFor(1)
    await postfix.waitUntil('too many errors', async () =>
      (await postfix.log()).slice(from).includes('too many errors'),
    )
  })

  test('a mail loop bounces at once', async () => {
    const { postfix, sink } = testBed
    sink.clear()
    expect(await send(postfix.port, LOOPING)).toMatch(/^250 /)
    await postfix.waitForLog(/status=bounced .*554 5\.4\.[06] .*too many hops/)
    const [bounce] = await sink.waitFor(1)
    expect([bounce?.sender, bounce?.recipients]).toEqual(['', ['a@example.org']])
    await postfix.waitUntilEmpty()
  })

  test('an address from sendmail(1) that smtpd(8) does not take bounces at once, and others arrive', async () => {
    const { postfix } = testBed
    const recipients = ['b@[999.0.0.1]', 'good@example.net']
    await postfix.run('sendmail', ['-f', 'a@example.org', ...recipients], { input: MAIL.bytes })
    await postfix.waitForLog(/status=bounced .*501 5\.1\.3/)
    await postfix.waitForLog(/to=<good@example\.net>.*status=sent/)
    await postfix.waitUntilEmpty()
    expect(await postfix.log()).not.toContain('status=deferred')
  })
})
