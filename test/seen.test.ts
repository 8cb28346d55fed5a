/**
 * What filters are given is what is delivered, less what was added, and both are what Postfix delivers without candy: for messages
 * that smtpd(8) and cleanup(8) put right on their way, in every mode. Before the queue they do so behind candy.
 */
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { headersEnd, parseHeaders } from '@candy/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCandy } from './kit/candy.js'
import type { CandyFiles } from './kit/candy-files.js'
import { type Client, connect } from './kit/client.js'
import { writeFilterFile } from './kit/filter-file.js'
import { startHandover } from './kit/handover.js'
import { drawOdd, ODD } from './kit/odd-messages.js'
import { type RelayTestBed, startRelay } from './kit/relay.js'
import { startTestBed, type TestBed } from './kit/test-bed.js'

interface Odd {
  readonly name: string
  readonly bytes: Buffer
}

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

/** What arrives, by name, without the field that the last smtpd(8) has put on top. */
async function pass({ postfix, sink }: TestBed, messages: readonly Odd[]): Promise<ReadonlyMap<string, Buffer>> {
  sink.clear()
  let client: Client | undefined
  for (const [n, { name, bytes }] of messages.entries()) {
    if (n % SESSION === 0) {
      await client?.quit()
      client = await connect(postfix.port)
      await client.ehlo()
    }
    const reply = await client?.send({ sender: senderOf(n), recipients: ['b@example.net'], bytes })
    expect(`${name}: ${reply?.code}`).toBe(`${name}: 250`)
  }
  await client?.quit()
  const arrived = await sink.waitFor(messages.length, 100_000)
  return new Map(arrived.map(({ sender, bytes }) => [messages[numberOf(sender)]?.name ?? sender, withoutTop(bytes)]))
}

const senderOf = (n: number): string => `m${n}@example.com`
const numberOf = (sender: string): number => Number(/^m(\d+)@/.exec(sender)?.[1])

function withoutTop(bytes: Buffer): Buffer {
  const [top] = parseHeaders(bytes)
  expect(top?.name).toBe('Received')
  return bytes.subarray(top?.end)
}

/** What differs, for people. */
function differences(
  messages: readonly Odd[],
  one: ReadonlyMap<string, Buffer>,
  other: ReadonlyMap<string, Buffer>,
): string[] {
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

/** A filter that keeps what it was given, by the number in the sender. */
async function keepWhatIsSeen({ directory, writeFilter }: TestBed & CandyFiles): Promise<string> {
  const seen = join(directory, 'seen')
  await mkdir(seen)
  await chmod(seen, 0o777)
  const path = join(directory, 'keeping.js')
  await writeFilterFile(path, {
    top: "import { writeFileSync } from 'node:fs'",
    judge: `
      const chunks = []
      for await (const chunk of message.open()) chunks.push(chunk)
      writeFileSync('${seen}/' + message.envelope.sender, Buffer.concat(chunks))
      return { action: 'accept' }`,
  })
  await writeFilter('50-keeping.toml', `filter = "${path}"\n`)
  return seen
}

async function readSeen(directory: string, messages: readonly Odd[]): Promise<ReadonlyMap<string, Buffer>> {
  const read = async ({ name }: Odd, n: number) => {
    const bytes = await readFile(join(directory, senderOf(n)))
    const [top] = parseHeaders(bytes)
    // pipe(8) puts it on top of what it writes, and cleanup(8) takes it off again.
    return [name, top?.name === 'Return-Path' ? bytes.subarray(top.end) : bytes] as const
  }
  return new Map(await Promise.all(messages.map(read)))
}

/** What Postfix delivers without candy, with these parameters of main.cf. */
async function withoutCandy(
  main: Readonly<Record<string, string>>,
  messages: readonly Odd[],
): Promise<ReadonlyMap<string, Buffer>> {
  await using testBed = await startTestBed({ main })
  return await pass(testBed, messages)
}

let plain: ReadonlyMap<string, Buffer>
beforeAll(async () => {
  plain = await withoutCandy(MAIN, ALL)
})

describe.each([
  ['smtp-before', () => startRelay({ mode: 'smtp-before', workers: 1, main: MAIN }), ALL],
  ['smtp', () => startRelay({ workers: 1, main: MAIN }), ALL],
  ['in pipe mode', () => startCandy({ main: MAIN }), ALL.slice(0, LISTED.length + PIPED)],
  ['in pipe mode with candy serve', () => startHandover({ workers: 1, main: MAIN }), ALL],
] as const)('%s', (_, start, messages) => {
  let testBed: TestBed & CandyFiles & Partial<RelayTestBed>
  let directory = ''
  beforeAll(async () => {
    testBed = await start()
    directory = await keepWhatIsSeen(testBed)
    await testBed.reload?.()
  })
  afterAll(() => testBed.stop())

  test('filters see what is delivered, and that is what Postfix makes of the message by itself', async () => {
    const delivered = await pass(testBed, messages)
    const seen = await readSeen(directory, messages)
    expect(differences(messages, seen, delivered)).toEqual([])
    const own = new Map(Array.from(seen, ([name, bytes]) => [name, withoutTop(bytes)]))
    expect(differences(messages, own, plain)).toEqual([])
  })
})

describe('in mode milter', () => {
  let testBed: RelayTestBed
  let directory = ''
  beforeAll(async () => {
    testBed = await startRelay({ mode: 'milter', workers: 1, main: MAIN })
    directory = await keepWhatIsSeen(testBed)
    await testBed.reload()
  })
  afterAll(() => testBed.stop())

  // Postfix keeps the message, so the Received on top of it is Postfix's own, and the one that filters see is candy's.
  test('filters see what is delivered, and that is what Postfix makes of the message by itself', async () => {
    const delivered = await pass(testBed, ALL)
    // With any milter Postfix cuts a field off at 60,000 bytes (KLUDGE_HEADER_LIMIT in cleanup_message.c).
    const short = ALL.filter(({ bytes }) => bytes.length < 60_000)
    expect(differences(short, delivered, plain)).toEqual([])
    const seen = await readSeen(directory, ALL)
    const own = new Map(Array.from(seen, ([name, bytes]) => [name, withoutTop(bytes)]))
    expect(differences(ALL, own, withEmptyLine(delivered))).toEqual([])
  })
})

/** A milter is not told that there is no empty line where nothing follows it. */
function withEmptyLine(messages: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  return new Map(
    Array.from(messages, ([name, bytes]) => {
      const end = headersEnd(bytes)
      return [name, end === bytes.length ? Buffer.concat([bytes, Buffer.from('\r\n')]) : bytes]
    }),
  )
}

test('in mode smtp-before of a site that has set other limits, too', async () => {
  const messages = [...LISTED, ...DRAWN.slice(0, 100)]
  await using testBed = await startRelay({ mode: 'smtp-before', workers: 1, main: STRICT })
  const directory = await keepWhatIsSeen(testBed)
  await testBed.reload()
  const delivered = await pass(testBed, messages)
  const seen = await readSeen(directory, messages)
  expect(differences(messages, seen, delivered)).toEqual([])
  const own = new Map(Array.from(seen, ([name, bytes]) => [name, withoutTop(bytes)]))
  expect(differences(messages, own, await withoutCandy(STRICT, messages))).toEqual([])
})
