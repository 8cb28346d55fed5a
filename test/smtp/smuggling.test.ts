/**
 * Everything that some mail system has taken for the end of a message, through a real Postfix and candy, from a client and
 * from a filter, cut wherever it can be cut: one message goes in, and one comes out.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../kit/client.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { ATTEMPTS, FALSE_ENDS, SECOND } from '../kit/smuggling.js'

/** Answers as a field of the message orders it to, in JSON under Base64. */
const OBEDIENT = `
  const headers = Buffer.from(await message.headers()).toString('latin1')
  const order = /^X-Order: (.*)\\r\\n/m.exec(headers)?.[1]
  if (order === undefined) return { action: 'accept' }
  const { chunks, value, text } = JSON.parse(Buffer.from(order, 'base64').toString())
  if (text !== undefined) return { action: 'reject', text }
  if (value !== undefined) return { action: 'accept', edits: [{ add: 'X-Added', value }] }
  const content = async function* () { for (const chunk of chunks) yield Buffer.from(chunk, 'latin1') }
  return { action: 'accept', content }
`

/** Sessions at the same time. */
const SESSIONS = 10

interface Order {
  readonly chunks?: readonly string[]
  readonly value?: string
  readonly text?: string
}

/** Sends bytes in pieces as they are, then the true end; gives the codes of all replies to it before the one to QUIT. */
async function send(port: number, recipient: string, pieces: readonly Uint8Array[]): Promise<readonly number[]> {
  await using client = await connect(port)
  await client.ehlo()
  await client.expect('MAIL FROM:<a@example.com>')
  await client.expect(`RCPT TO:<${recipient}>`)
  await client.expect('DATA')
  for (const piece of pieces) {
    client.write(piece)
    await sleep(1)
  }
  client.write('.\r\nQUIT\r\n')
  const codes: number[] = []
  for (let reply = await client.read(); reply.code !== 221; reply = await client.read()) codes.push(reply.code)
  return codes
}

function ordered(order: Order): readonly Uint8Array[] {
  const line = Buffer.from(JSON.stringify(order)).toString('base64')
  return [Buffer.from(`X-Order: ${line}\r\n\r\nold\r\n`)]
}

/** Sends each mail to a recipient of its own, several at a time; gives all distinct lists of replies. */
async function sendAll(port: number, mails: readonly (readonly Uint8Array[])[]): Promise<readonly string[]> {
  const left = mails.map((pieces, n) => ({ pieces, recipient: `r${n}@example.net` }))
  const heard = new Set<string>()
  const serve = async (): Promise<void> => {
    for (let mail = left.pop(); mail !== undefined; mail = left.pop()) {
      heard.add((await send(port, mail.recipient, mail.pieces)).join(' '))
    }
  }
  await Promise.all(Array.from({ length: SESSIONS }, serve))
  return [...heard]
}

describe.each(['smtp', 'smtp-before'] as const)('in mode %s', (mode) => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({
      mode,
      // The service in front, too: it would end the data early, and the filter never see it whole.
      main: { smtpd_forbid_bare_newline: 'normalize', smtpd_forbid_bare_newline_exclusions: '' },
    })
    const path = join(testBed.directory, 'obedient.js')
    await writeFilterFile(path, { judge: OBEDIENT, rewrites: true })
    await testBed.writeFilter('50-obedient.toml', `filter = "${path}"\non_error = "quarantine"\n`)
    await testBed.reload()
  })
  afterAll(() => testBed.stop())

  /** Each recipient has exactly one message, with the second in it as text, and nobody's line ends are left. */
  async function expectOneEach(count: number): Promise<void> {
    const { postfix, sink } = testBed
    await postfix.waitUntilEmpty()
    expect(sink.messages.map(({ sender }) => sender).filter((sender) => sender !== 'a@example.com')).toEqual([])
    const recipients = sink.messages.map(({ recipients: [first] }) => first)
    expect(new Set(recipients).size).toBe(count)
    expect(recipients).toHaveLength(count)
    for (const { bytes } of sink.messages) {
      const text = bytes.toString('latin1')
      expect(text).toContain('MAIL FROM:<admin@example.com>')
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    }
  }

  test('no false end in what a client says lets a second message in', async () => {
    testBed.sink.clear()
    expect(await sendAll(testBed.postfix.port, ATTEMPTS)).toEqual(['250'])
    await expectOneEach(ATTEMPTS.length)
  })

  test('no false end in what a filter writes makes a second message of it', async () => {
    testBed.sink.clear()
    const mails = ATTEMPTS.map((pieces) => {
      return ordered({ chunks: pieces.map((piece) => Buffer.from(piece).toString('latin1')) })
    })
    expect(await sendAll(testBed.postfix.port, mails)).toEqual(['250'])
    await expectOneEach(mails.length)
  })

  test('a field with a false end in its value is never written', async () => {
    testBed.sink.clear()
    const kept = (await testBed.quarantined()).length
    const mails = FALSE_ENDS.map((end) => ordered({ value: `x${end}${SECOND}` }))
    expect(await sendAll(testBed.postfix.port, mails)).toEqual(['250'])
    await testBed.postfix.waitUntilEmpty()
    expect(testBed.sink.count).toBe(0)
    expect((await testBed.quarantined()).length - kept).toBe(mails.length)
  })

  test('a reason with a line end in it is one reply', async () => {
    const mails = FALSE_ENDS.map((end) => ordered({ text: `no${end}250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n` }))
    expect(await sendAll(testBed.postfix.port, mails)).toEqual([mode === 'smtp' ? '250' : '550'])
    await testBed.postfix.waitUntilEmpty()
  })
})
