import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketReader } from '../src/packet.js'
import {
  accept,
  appendHeader,
  changeHeader,
  discard,
  insertHeader,
  progress,
  removeHeader,
  removeRecipient,
  replaceBody,
  reply,
} from '../src/reply.js'

/** The packet as text: its command and its data. */
function printed(bytes: Buffer): string {
  const [packet] = new PacketReader().read(bytes)
  return `${packet?.command} ${packet?.data.toString()}`
}

test('each reply is as Postfix reads it', () => {
  expect([accept(), discard(), progress()].map(printed)).toEqual(['a ', 'd ', 'p '])
  expect(printed(insertHeader(0, 'X-A', ' a\n\tb'))).toBe('i \0\0\0\0X-A\0 a\n\tb\0')
  expect(printed(appendHeader('X-A', ' a'))).toBe('h X-A\0 a\0')
  expect(printed(changeHeader(2, 'X-A', Buffer.from(' a')))).toBe('m \0\0\0\x02X-A\0 a\0')
  expect(printed(removeHeader(1, Buffer.from('X-A')))).toBe('m \0\0\0\x01X-A\0\0')
  expect(printed(removeRecipient(Buffer.from('<a@example.com>')))).toBe('- <a@example.com>\0')
})

test('an SMTP reply ends in NUL, doubles %, and has the status in each line', () => {
  expect(printed(reply(550, '5.7.1', ['100 % spam']))).toBe('y 550 5.7.1 100 %% spam\0')
  expect(printed(reply(451, '4.3.0', ['one', 'two']))).toBe('y 451-4.3.0 one\r\n451 4.3.0 two\0')
  expect(printed(reply(451, '4.3.0', []))).toBe('y 451 4.3.0 \0')
})

test('no line of an SMTP reply is longer than SMTP allows, and no character is cut in two', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '%', '\u00e9', '\u20ac', '\u{1f600}'),
    minLength: 80,
    maxLength: 600,
  })
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (lines) => {
      const sent = printed(reply(550, '5.7.1', lines))
        .slice(2, -1)
        .replaceAll('%%', '%')
        .split('\r\n')
      expect(sent).toHaveLength(lines.length)
      for (const [index, line] of sent.entries()) {
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(510)
        expect(line).not.toContain('\ufffd')
        expect(`5.7.1 ${lines[index]}`.startsWith(line.slice(4))).toBe(true)
      }
    }),
  )
})

test.each<[string, () => unknown]>([
  ['a positive reply', () => reply(250, '2.0.0', ['ok'])],
  ['a status of another class', () => reply(550, '4.7.1', ['no'])],
  ['a code of four digits', () => reply(5500, '5.7.1', ['no'])],
  ['a line end', () => reply(550, '5.7.1', ['no\r\n250 yes'])],
  ['an empty new value', () => changeHeader(1, 'X-A', '')],
  ['a name with NUL', () => insertHeader(0, 'X\0A', ' a')],
  ['no name', () => appendHeader('', ' a')],
  ['a value with CR', () => insertHeader(0, 'X-A', ' a\r\n b')],
  ['a value with NUL', () => insertHeader(0, 'X-A', ' a\0')],
  ['an index of 0', () => removeHeader(0, 'X-A')],
  ['an index below 0', () => insertHeader(-1, 'X-A', ' a')],
  ['an address with NUL', () => removeRecipient(Buffer.from('<a\0>'))],
])('%s is not sent', (_, write) => {
  expect(write).toThrow(expect.objectContaining({ code: 'REPLY' }))
})

async function* yieldAll(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function chunksOf(parts: readonly Uint8Array[]): Promise<readonly Buffer[]> {
  const reader = new PacketReader()
  const chunks: Buffer[] = []
  for await (const bytes of replaceBody(yieldAll(parts))) {
    for (const { command, data } of reader.read(bytes)) {
      expect(command).toBe('b')
      chunks.push(data)
    }
  }
  return chunks
}

test('a body goes out in as few chunks as Postfix takes, whatever the parts', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.integer({ min: 65_530, max: 65_540 }), fc.constant(200_000)), {
    maxLength: 5,
  })
  await fc.assert(
    fc.asyncProperty(sizes, async (all) => {
      const parts = all.map((size, index) => Buffer.alloc(size, `${index}`))
      const chunks = await chunksOf(parts)
      const whole = Buffer.concat(parts)
      expect(Buffer.concat(chunks).equals(whole)).toBe(true)
      expect(chunks).toHaveLength(Math.max(1, Math.ceil(whole.length / 65_535)))
    }),
    { numRuns: 30 },
  )
})

test('an empty body is one empty chunk', async () => {
  expect(await chunksOf([])).toEqual([Buffer.alloc(0)])
})
