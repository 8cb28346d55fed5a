/** What becomes of a message by the changes that filters make of it, as Postfix carries them out: nothing else of it may change. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { headersEnd, parseHeaders } from '@candy/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { type FilterFile, writeFilterFile } from '../kit/filter-file.js'
import { ODD } from '../kit/odd-messages.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

const sender = 'sender@example.com'
const recipients = ['recipient@example.net']

/** An odd header: fields of one name, folds, blanks, nothing. */
const HEAD = [
  'X-Judged: forged',
  'x-a:  2\r\n\tfold',
  'X-A:1',
  'Received: from mx.example.org by mx.example.com; Fri, 27 Nov 2026 11:00:00 +0000',
  'To: x  ',
  'X-A:',
  'Subject: caf\xe9',
  'X-a: 3\r\n \r\n more',
]
const BODY = '.\r\n..\r\nfrom\0me caf\xe9\r\n\r\n\r\n'

let testBed: RelayTestBed
let count = 0
beforeAll(async () => {
  testBed = await startRelay({ mode: 'milter', workers: 1, main: { local_header_rewrite_clients: '' } })
})
afterAll(() => testBed.stop())

async function install(file: FilterFile, ...lines: readonly string[]): Promise<void> {
  count += 1
  const path = join(testBed.directory, `filter-${count}.js`)
  await writeFilterFile(path, file)
  await testBed.writeFilter('50-test.toml', `filter = "${path}"\n${lines.join('\n')}\n`)
  await testBed.reload()
}

/** What arrives: its header without Postfix's own Received, which is a line of its name alone, and its body. */
async function send(bytes: string): Promise<{ readonly header: readonly string[]; readonly body: string }> {
  testBed.sink.clear()
  await deliver(testBed.postfix.port, { sender, recipients, bytes: Buffer.from(bytes, 'latin1') })
  const [message] = await testBed.sink.waitFor(1)
  const arrived = message?.bytes ?? Buffer.alloc(0)
  const fields = parseHeaders(arrived)
  const end = fields.at(-1)?.end ?? 0
  const header = fields.map((field) => arrived.toString('latin1', field.start, field.end - 2))
  const own = (text: string): string => (text.includes('by mx.example.test (Postfix)') ? 'Received' : text)
  return { header: header.map(own), body: arrived.toString('latin1', end + 2) }
}

const MESSAGE = `${HEAD.join('\r\n')}\r\n\r\n${BODY}`

describe('edits', () => {
  test.each<[string, string, (head: readonly string[]) => readonly string[]]>([
    ['none', '[]', (head) => ['Received', ...head]],
    [
      'fields on top',
      `[{ add: 'X-Added', value: '1' }, { add: 'X-Judged', value: '${'long '.repeat(40)}end' }]`,
      (head) => [expect.stringMatching(/^X-Judged: long .*\r\n long .* end$/s), 'X-Added: 1', 'Received', ...head],
    ],
    ['all of a name', "[{ remove: 'x-a' }]", (head) => ['Received', ...head.filter((one) => !/^x-a:/i.test(one))]],
    [
      'the second of a name',
      "[{ remove: 'X-A', where: { place: 1 } }, { add: 'X-Added', value: 'a' }]",
      (head) => ['X-Added: a', 'Received', ...head.filter((one) => one !== 'X-A:1')],
    ],
    [
      'the Received of another host, while that of Postfix stays',
      "[{ remove: 'Received' }]",
      (head) => ['Received', ...head.filter((one) => !one.startsWith('Received'))],
    ],
  ])('%s', async (_, edits, expected) => {
    await install({ judge: `return { action: 'accept', edits: ${edits} }` })
    const { header, body } = await send(MESSAGE)
    // What a sender has written in the name of a filter is removed, whatever the verdict.
    expect(header).toEqual(expected(HEAD.slice(1)))
    expect(body).toBe(BODY)
  })

  test('leave every other byte of odd messages', async () => {
    const messages = Object.values(ODD).filter((bytes) => bytes.length < 60_000)
    await install({
      top: TOP,
      judge: `${WHOLE} return { action: 'accept', edits: [{ add: 'X-Added', value: hash(rest) }] }`,
    })
    testBed.sink.clear()
    for (const bytes of messages) await deliver(testBed.postfix.port, { sender, recipients, bytes })
    const arrived = await testBed.sink.waitFor(messages.length)
    const differing = arrived.filter(({ bytes }) => {
      const [added, received] = parseHeaders(bytes)
      const rest = bytes.subarray(received?.end)
      // A milter is not told that there is no empty line where nothing follows it.
      const seen = headersEnd(rest) === rest.length ? Buffer.concat([rest, Buffer.from('\r\n')]) : rest
      return added?.name !== 'X-Added' || !bytes.includes(createHash('sha1').update(seen).digest('hex'))
    })
    expect(differing.map(({ bytes }) => bytes.toString('latin1'))).toEqual([])
  })
})

/** In a filter: the whole message, and what is below its first field, the Received that candy has made. */
const TOP = `import { createHash } from 'node:crypto'
  const hash = (bytes) => createHash('sha1').update(bytes).digest('hex')`
const WHOLE = String.raw`
  const chunks = []
  for await (const chunk of message.open()) chunks.push(chunk)
  const whole = Buffer.concat(chunks).toString('latin1')
  const rest = Buffer.from(whole.replace(/^Received: from .*\r\n(?:[ \t].*\r\n)*/, ''), 'latin1')
`

describe('new content', () => {
  const rewrite = (change: string): Promise<void> =>
    install({
      rewrites: true,
      judge: `${WHOLE} const content = Buffer.from(${change}, 'latin1')
        return { action: 'accept', content: async function* () { yield content } }`,
    })

  test('another subject and another body: the other fields keep their places', async () => {
    await rewrite(
      "whole.replace('Subject: caf\\xe9', 'Subject: other\\r\\n folded').replace(/\\r\\n\\r\\n[^]*/, '\\r\\n\\r\\nnew\\0 caf\\xe9\\r\\n')",
    )
    const { header, body } = await send(MESSAGE)
    expect(header).toEqual(
      ['Received', ...HEAD.slice(1)].map((one) => (one.startsWith('Subject') ? 'Subject: other\r\n folded' : one)),
    )
    expect(body).toBe('new\0 caf\xe9\r\n')
  })

  test('another header altogether, and a body of many chunks', async () => {
    await rewrite("'X-First: 1\\r\\nSubject: x\\r\\nX-A: b\\r\\n\\r\\n' + 'line of a body\\r\\n'.repeat(20_000)")
    const { header, body } = await send(MESSAGE)
    expect(header.filter((one) => one !== 'Received')).toEqual(['X-First: 1', 'Subject: x', 'X-A: b'])
    expect(body).toBe('line of a body\r\n'.repeat(20_000))
  })

  test('no body', async () => {
    await rewrite("whole.replace(/\\r\\n\\r\\n[^]*/, '\\r\\n\\r\\n')")
    const { header, body } = await send(MESSAGE)
    expect(header).toEqual(['Received', ...HEAD.slice(1)])
    expect(body).toBe('')
  })

  test('that fails halfway defers the message, and nothing half-edited goes on', async () => {
    await install({
      rewrites: true,
      judge: `return { action: 'accept', content: async function* () { yield Buffer.from('X-A: b\\r\\n'); throw new Error('no') } }`,
    })
    testBed.sink.clear()
    const reply = await deliver(testBed.postfix.port, { sender, recipients, bytes: MESSAGE }).catch(
      (error) => error.reply,
    )
    expect(`${reply.code} ${reply.lines}`).toBe('451 4.3.0 content filter unavailable')
    expect(testBed.sink.count).toBe(0)
  })
})
