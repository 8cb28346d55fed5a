/**
 * What filters are given is what is delivered, less what was added, and both are what Postfix delivers without candy: for messages
 * that smtpd(8) and cleanup(8) put right on their way, in every mode. Before the queue they do so behind candy. What Postfix makes of
 * them without candy is seen at the entrance that gives no mail to candy.
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { headersEnd, parseHeaders } from '@candy/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, connect } from '../kit/client.js'
import { type Entrances, startEntrances } from '../kit/entrances.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { drawOdd, ODD } from '../kit/odd-messages.js'

interface Odd {
  readonly name: string
  readonly bytes: Buffer
}

type Messages = ReadonlyMap<string, Buffer>

const LISTED: readonly Odd[] = Object.entries(ODD).map(([name, bytes]) => ({ name, bytes }))
const DRAWN: readonly Odd[] = drawOdd(500).map((bytes, n) => ({ name: `drawn ${n}`, bytes }))
const ALL = [...LISTED, ...DRAWN]

/** Of those that are drawn, how many go through pipe mode without a service, which starts a process of Node.js for each. */
const PIPED = 80

/** smtpd(8) hangs up after so many errors and odd commands; a session serves fewer messages than that. */
const SESSION = 200

/** Without missing fields that are added, a message is its own. */
const MAIN = { local_header_rewrite_clients: '' }

/** A site that has set whatever says what cleanup(8) does; it cuts, and stops looking, early. */
const STRICT = {
  ...MAIN,
  header_size_limit: '1000',
  line_length_limit: '512',
  mime_nesting_limit: '5',
  mime_boundary_length_limit: '2',
  message_drop_headers: 'subject, X-Bcc',
}

/** What arrives of messages that are sent to a port, by name, without the field that the last smtpd(8) has put on top. */
async function pass({ postfix, sink }: Entrances, port: number, messages: readonly Odd[]): Promise<Messages> {
  sink.clear()
  let client: Client | undefined
  for (const [n, { name, bytes }] of messages.entries()) {
    if (n % SESSION === 0) {
      await client?.quit()
      client = await connect(port)
      await client.ehlo()
    }
    const reply = await client?.send({ sender: senderOf(n), recipients: ['b@example.net'], bytes })
    expect(`${name}: ${reply?.code}`).toBe(`${name}: 250`)
  }
  await client?.quit()
  const arrived = await sink.waitFor(messages.length, 100_000)
  const delivered = new Map(
    arrived.map(({ sender, bytes }) => [messages[numberOf(sender)]?.name ?? sender, withoutTop(bytes)]),
  )
  // What went before may not come with what follows.
  await postfix.waitUntilEmpty()
  return delivered
}

const senderOf = (n: number): string => `m${n}@example.com`
const numberOf = (sender: string): number => Number(/^m(\d+)@/.exec(sender)?.[1])

function withoutTop(bytes: Buffer): Buffer {
  const [top] = parseHeaders(bytes)
  expect(top?.name).toBe('Received')
  return bytes.subarray(top?.end)
}

/** What differs, for people. */
function differences(messages: readonly Odd[], one: Messages, other: Messages): string[] {
  return messages.flatMap(({ name }) => {
    const [a, b] = [
      one.get(name)?.toString('latin1') ?? '(nothing)',
      other.get(name)?.toString('latin1') ?? '(nothing)',
    ]
    if (a === b) return []
    const at = [...a].findIndex((character, index) => character !== b[index])
    return `${name}: ${JSON.stringify(a.slice(Math.max(0, at - 40), at + 80))} and ${JSON.stringify(b.slice(Math.max(0, at - 40), at + 80))}`
  })
}

/** Has a filter keep what it is given, by the number in the sender, in the directory of marks. */
async function keepWhatIsSeen({ marks, directory, writeFilter, reload }: Entrances): Promise<void> {
  const path = join(directory, 'keeping.js')
  await writeFilterFile(path, {
    top: "import { writeFileSync } from 'node:fs'",
    judge: `
      const chunks = []
      for await (const chunk of message.open()) chunks.push(chunk)
      writeFileSync('${marks}/' + message.envelope.sender, Buffer.concat(chunks))
      return { action: 'accept' }`,
  })
  await writeFilter('50-keeping.toml', `filter = "${path}"\n`)
  await reload()
}

async function readSeen(directory: string, messages: readonly Odd[]): Promise<Messages> {
  const read = async ({ name }: Odd, n: number) => {
    const path = join(directory, senderOf(n))
    const bytes = await readFile(path)
    // In the next mode the message has the same name.
    await rm(path)
    const [top] = parseHeaders(bytes)
    // pipe(8) puts it on top of what it writes, and cleanup(8) takes it off again.
    return [name, top?.name === 'Return-Path' ? bytes.subarray(top.end) : bytes] as const
  }
  return new Map(await Promise.all(messages.map(read)))
}

/** Passes them through a mode in which a second smtpd(8) puts another field on top. */
async function expectSeen(
  entrances: Entrances,
  port: number,
  messages: readonly Odd[],
  plain: Messages,
): Promise<void> {
  const delivered = await pass(entrances, port, messages)
  const seen = await readSeen(entrances.marks, messages)
  expect(differences(messages, seen, delivered)).toEqual([])
  const own = new Map(Array.from(seen, ([name, bytes]) => [name, withoutTop(bytes)]))
  expect(differences(messages, own, plain)).toEqual([])
}

/** A milter is not told that there is no empty line where nothing follows it. */
function withEmptyLine(messages: Messages): Messages {
  return new Map(
    Array.from(messages, ([name, bytes]) => {
      const end = headersEnd(bytes)
      return [name, end === bytes.length ? Buffer.concat([bytes, Buffer.from('\r\n')]) : bytes]
    }),
  )
}

describe('filters see what is delivered, and that is what Postfix makes of the message by itself', () => {
  let entrances: Entrances
  let plain: Messages
  beforeAll(async () => {
    entrances = await startEntrances({ main: MAIN })
    await keepWhatIsSeen(entrances)
    plain = await pass(entrances, entrances.postfix.port, ALL)
  })
  afterAll(() => entrances.stop())

  test.each(['pipe', 'smtp', 'smtp-before'] as const)('mode %s', (mode) =>
    expectSeen(entrances, entrances.ports[mode], ALL, plain),
  )

  // Postfix keeps the message, so the Received on top of it is Postfix's own, and the one that filters see is candy's.
  test('mode milter', async () => {
    const delivered = await pass(entrances, entrances.ports.milter, ALL)
    // With any milter Postfix cuts a field off at 60,000 bytes (KLUDGE_HEADER_LIMIT in cleanup_message.c).
    const short = ALL.filter(({ bytes }) => bytes.length < 60_000)
    expect(differences(short, delivered, plain)).toEqual([])
    const seen = await readSeen(entrances.marks, ALL)
    const own = new Map(Array.from(seen, ([name, bytes]) => [name, withoutTop(bytes)]))
    expect(differences(ALL, own, withEmptyLine(delivered))).toEqual([])
  })

  test('mode pipe without candy serve', async () => {
    await entrances.end()
    await expectSeen(entrances, entrances.ports.pipe, ALL.slice(0, LISTED.length + PIPED), plain)
  })
})

test('so it is in mode smtp-before of a site that has set other limits', async () => {
  const messages = [...LISTED, ...DRAWN.slice(0, 100)]
  await using entrances = await startEntrances({ main: STRICT })
  await keepWhatIsSeen(entrances)
  const plain = await pass(entrances, entrances.postfix.port, messages)
  await expectSeen(entrances, entrances.ports['smtp-before'], messages, plain)
})
