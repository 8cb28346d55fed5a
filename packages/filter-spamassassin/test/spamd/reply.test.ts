import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Reply, type ReplyEnd, ReplyReader } from '../../src/spamd/reply.js'

const SYMBOLS = 'SPAMD/1.1 0 EX_OK\r\nContent-length: 5\r\nSpam: False ; -1.9 / 5.0\r\n\r\nA,B_2'

/** Reads chunks and then the end of the connection; what is thrown is returned. */
function read(end: ReplyEnd, ...chunks: readonly string[]): Reply | Error {
  const reader = new ReplyReader(end)
  try {
    for (const chunk of chunks) {
      const reply = reader.push(Buffer.from(chunk, 'latin1'))
      if (reply !== undefined) return reply
    }
    return reader.close()
  } catch (error) {
    return error as Error
  }
}

function plain(result: Reply | Error): unknown {
  if (result instanceof Error) return { ...result, message: result.message }
  return { version: result.version, headers: [...result.headers], body: Buffer.from(result.body).toString('latin1') }
}

test('a reply split at any byte is the same reply', () => {
  for (let at = 0; at <= SYMBOLS.length; at++) {
    expect(plain(read('body', SYMBOLS.slice(0, at), SYMBOLS.slice(at)))).toEqual({
      version: '1.1',
      headers: [
        ['content-length', '5'],
        ['spam', 'False ; -1.9 / 5.0'],
      ],
      body: 'A,B_2',
    })
  }
})

test('a reply cut at any byte is an error', () => {
  for (let at = 0; at < SYMBOLS.length; at++) {
    expect(read('body', SYMBOLS.slice(0, at))).toMatchObject({ name: 'SpamdError', code: 'PROTOCOL' })
  }
})

test('a reply is whole as soon as its last byte is there, and what follows does not count', () => {
  const reader = new ReplyReader('body')
  expect(reader.push(Buffer.from(SYMBOLS.slice(0, -1)))).toBeUndefined()
  expect(plain(reader.push(Buffer.from('2\r\n\r\n')) ?? new Error('not whole'))).toMatchObject({ body: 'A,B_2' })
})

test('a PING is answered by one line, a TELL by a header block', () => {
  expect(plain(read('status', 'SPAMD/1.5 0 PONG\r\n'))).toMatchObject({ version: '1.5' })
  expect(plain(read('headers', 'SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n\r\n'))).toMatchObject({
    headers: [['didset', 'local']],
  })
})

test('a body without Content-length ends with the connection', () => {
  expect(plain(read('body', 'SPAMD/1.0 0 EX_OK\r\nSpam: True ; 6 / 5\r\n\r\nA,B', '\r\n'))).toMatchObject({
    body: 'A,B\r\n',
  })
})

test('the reader keeps none of the chunks it was given', () => {
  const reader = new ReplyReader('body')
  const chunk = Buffer.from(SYMBOLS)
  const reply = reader.push(chunk)
  chunk.fill(0)
  expect(Buffer.from(reply?.body ?? []).toString()).toBe('A,B_2')
})

test.each([
  ['SPAMD/1.0 69 Service Unavailable: no TELL\r\n', 'UNREACHABLE', 'EX_UNAVAILABLE: Service Unavailable: no TELL'],
  ['SPAMD/1.0 75 try again\r\n', 'UNREACHABLE', 'EX_TEMPFAIL: try again'],
  ['SPAMD/1.0 71 no fork\r\n', 'UNREACHABLE', 'EX_OSERR: no fork'],
  ['SPAMD/1.0 79 Timeout: (300 second timeout)\r\n', 'LIMIT', 'EX_TIMEOUT: Timeout: (300 second timeout)'],
  ['SPAMD/1.0 76 Bad header line: x\r\n', 'PROTOCOL', 'EX_PROTOCOL: Bad header line: x'],
  ['SPAMD/1.0 64\r\n', 'PROTOCOL', 'EX_USAGE: '],
  ['SPAMD/1.0 1 what\r\n', 'PROTOCOL', 'code 1: what'],
])('%j is an error with the name of its exit status', (text, code, message) => {
  expect(read('body', text)).toMatchObject({ code, message })
})

test.each([
  ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['an SMTP server', '220 mx.example.com ESMTP\r\n'],
  ['nothing', ''],
  ['an empty line', '\r\n'],
  ['a header line without a colon', 'SPAMD/1.1 0 EX_OK\r\nSpam\r\n\r\n'],
  ['a second score', 'SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9 / 5\r\nspam: False ; 1 / 5\r\n\r\n'],
  ['a Content-length that is no number', 'SPAMD/1.1 0 EX_OK\r\nContent-length: -1\r\n\r\n'],
  ['a Content-length beyond all sense', 'SPAMD/1.1 0 EX_OK\r\nContent-length: 99999999999\r\n\r\n'],
  ['an answer without end', `SPAMD/1.1 0 EX_OK\r\n${'X: y\r\n'.repeat(60_000)}`],
  ['a line without end', 'SPAMD'.repeat(60_000)],
  ['a body without end', `SPAMD/1.1 0 EX_OK\r\n\r\n${'A'.repeat(300_000)}`],
  ['a longer body than an answer has', `SPAMD/1.1 0 EX_OK\r\nContent-length: 300000\r\n\r\n${'A'.repeat(300_000)}`],
])('%s is a PROTOCOL error', (_, text) => {
  expect(read('body', text)).toMatchObject({ name: 'SpamdError', code: 'PROTOCOL' })
})

test('any bytes in any chunks are the same reply or the same error', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'SPAMD/1.1 0 EX_OK\r\n',
      'Content-length: 3\r\n',
      'Spam: True ; 9 / 5\r\n',
      '\r\n',
      'A,B',
      'SPAMD/1.0 75 x\r\n',
      '\n',
    ),
    fc.string({ maxLength: 20 }),
  )
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom<ReplyEnd>('status', 'headers', 'body'),
      (lines, sizes, end) => {
        const text = lines.join('')
        const chunks: string[] = []
        for (let at = 0, turn = 0; at < text.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          chunks.push(text.slice(at, at + size))
          at += size
        }
        expect(plain(read(end, ...chunks))).toEqual(plain(read(end, text)))
      },
    ),
    { examples: [[['SPAMD/1.1 0 EX_OK\r\n', 'Content-length: 3\r\n', '\r\n', 'A,B'], [1], 'body']] },
  )
})
