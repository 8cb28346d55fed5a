import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Line, LineReader } from '../../src/smtp/line.js'

function read(limit: number, ...chunks: readonly Uint8Array[]): string[] {
  const reader = new LineReader(limit)
  const lines: Line[] = []
  for (const chunk of chunks) {
    reader.push(Buffer.from(chunk))
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line)
  }
  return lines.map((line) => (typeof line === 'string' ? `(${line})` : line.toString('latin1')))
}

test('CRLF ends a line, and nothing else does', () => {
  expect(read(100, Buffer.from('NOOP\r\nMAIL FROM:<a>\nRCPT TO:<b>\r\nRSET\rX\r\nA\0B\r\nQUIT'))).toEqual([
    'NOOP',
    '(bare line end)',
    '(bare line end)',
    '(bare line end)',
  ])
})

test('a line keeps every byte', () => {
  const line = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => ![0, 10, 13].includes(byte)))
  expect(read(300, line, Buffer.from('\r\n'))).toEqual([line.toString('latin1')])
})

test('a line that is too long is one bad line, and the next is good again', () => {
  expect(read(4, Buffer.from('1234\r\n12345\r\n1234\r\n'))).toEqual(['1234', '(too long)', '1234'])
})

test('a line without end takes no more memory than its limit', () => {
  const reader = new LineReader(100)
  for (let n = 0; n < 1000; n++) {
    reader.push(Buffer.alloc(1000, 'x'))
    expect(reader.next()).toBeUndefined()
    expect(reader.size).toBeLessThan(1102)
  }
  reader.push(Buffer.from('\r\nNOOP\r\n'))
  expect(reader.next()).toBe('too long')
  expect(reader.next()?.toString()).toBe('NOOP')
})

test('where the chunks are cut makes no difference', () => {
  const wire = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', 'NOOP', 'x'.repeat(7), '\0'), { maxLength: 20 })
    .map((parts) => Buffer.from(parts.join(''), 'latin1'))
  fc.assert(
    fc.property(wire, (bytes) => {
      const single = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))
      expect(read(6, ...single)).toEqual(read(6, bytes))
    }),
  )
})

test('bytes that are taken as data are no longer read as lines', () => {
  const reader = new LineReader(100)
  reader.push(Buffer.from('DATA\r\nSubject: x\r\n'))
  expect(reader.next()?.toString()).toBe('DATA')
  expect(reader.takeUnread().toString()).toBe('Subject: x\r\n')
  expect(reader.next()).toBeUndefined()
})
