import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Reply } from '../../src/smtp/reply.js'
import { ReplyReader } from '../../src/smtp/reply-reader.js'

/** The replies that were read, and the error, if there was one. */
function read(...chunks: readonly Uint8Array[]): readonly (Reply | string)[] {
  const heard: (Reply | string)[] = []
  const reader = new ReplyReader()
  try {
    for (const chunk of chunks) reader.read(Buffer.from(chunk), (reply) => heard.push(reply))
  } catch (error) {
    heard.push((error as Error).message)
  }
  return heard
}

test('replies of one line and of several', () => {
  expect(read(Buffer.from('220 hello\r\n250-one\r\n250-two\n250 three\r\n354\r\n'))).toEqual([
    { code: 220, lines: ['hello'] },
    { code: 250, lines: ['one', 'two', 'three'] },
    { code: 354, lines: [''] },
  ])
})

test.each([
  ['a reply with two codes, 550 and 250', '550-no\r\n250 Ok\r\n'],
  ['a reply with two codes, 250 and 550', '250-yes\r\n550 no\r\n'],
  ['no SMTP reply: "HTTP/1.1 400 Bad Request"', 'HTTP/1.1 400 Bad Request\r\n'],
  ['no SMTP reply: ""', '\r\n'],
  ['a reply line of more than 4096 bytes', `250 ${'x'.repeat(4093)}\r\n`],
  ['a reply line of more than 4096 bytes', 'x'.repeat(4097)],
  ['a reply of more than 65536 bytes', '250-\r\n'.repeat(20_000)],
])('is refused: %s', (why, text) => {
  expect(read(Buffer.from(text))).toEqual([why])
})

test('a reply before nonsense counts', () => {
  expect(read(Buffer.from('250 Ok\r\nnonsense\r\n250 Ok\r\n'))).toEqual([
    { code: 250, lines: ['Ok'] },
    'no SMTP reply: "nonsense"',
  ])
})

test('a complete reply does not count against the size limit of the next', () => {
  const text = `${`250-${'x'.repeat(1000)}\r\n`.repeat(40)}250 Ok\r\n`
  expect(read(Buffer.from(text.repeat(10)))).toHaveLength(10)
})

test('where the chunks are cut makes no difference, whatever the bytes', () => {
  const part = fc.constantFrom('250 Ok\r\n', '250-a\r\n', '550 no\r\n', '354\r\n', '\0', '\r', '\n', 'x', '\xff')
  const wire = fc.array(part, { maxLength: 12 }).map((parts) => Buffer.from(parts.join(''), 'latin1'))
  fc.assert(
    fc.property(wire, (bytes) => {
      const single = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))
      expect(read(...single)).toEqual(read(bytes))
    }),
    { numRuns: 500 },
  )
})
