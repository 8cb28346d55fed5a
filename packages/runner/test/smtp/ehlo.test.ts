import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExtensions, relayedKeywords, sizeLimit } from '../../src/smtp/ehlo.js'
import { ReplyReader } from '../../src/smtp/reply-reader.js'

const lines = [
  'mx.example.test',
  'PIPELINING',
  'size 10240000',
  'VRFY',
  'ETRN',
  'STARTTLS',
  'AUTH PLAIN LOGIN',
  'AUTH=PLAIN LOGIN',
  'XCLIENT NAME ADDR LOGIN',
  'XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT',
  'ENHANCEDSTATUSCODES',
  '8BITMIME',
  'DSN',
  'SMTPUTF8',
  'CHUNKING',
  'REQUIRETLS',
  'X-UNKNOWN',
]

test('only extensions that work through a relay are offered to the client', () => {
  expect(relayedKeywords(parseExtensions({ code: 250, lines }))).toEqual([
    'PIPELINING',
    'SIZE 10240000',
    'XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT',
    'ENHANCEDSTATUSCODES',
    '8BITMIME',
    'DSN',
    'SMTPUTF8',
  ])
})

test('nothing is offered to the client that the next hop did not offer', () => {
  expect(relayedKeywords(parseExtensions({ code: 250, lines: ['mx.example.test'] }))).toEqual([])
})

test.each([
  ['SIZE 10240000', 10_240_000, 'SIZE 10240000'],
  ['SIZE=500', 500, 'SIZE 500'],
  ['SIZE 0', undefined, 'SIZE'],
  ['SIZE', undefined, 'SIZE'],
  ['SIZE -5', undefined, 'SIZE'],
  ['SIZE 1e3', undefined, 'SIZE'],
  ['SIZE 0x10', undefined, 'SIZE'],
  ['SIZE 10 20', undefined, 'SIZE'],
  ['SIZE 99999999999999999999', undefined, 'SIZE'],
  ['8BITMIME', undefined, '8BITMIME'],
])('%j is a limit of %s bytes, and offered on as %j', (line, limit, offered) => {
  const extensions = parseExtensions({ code: 250, lines: ['mx.example.test', line] })
  expect(sizeLimit(extensions)).toBe(limit)
  expect(relayedKeywords(extensions)).toEqual([offered])
})

test('whatever a server writes behind 250, what is offered on is a line of a keyword that survives', () => {
  const word = fc.constantFrom(
    'SIZE',
    'size=',
    'XFORWARD',
    'DSN',
    ' ',
    '\t',
    '=',
    '\0',
    '\r',
    '-5',
    '10',
    '\xff',
    'CHUNKING',
  )
  const line = fc.oneof(
    fc.array(word, { maxLength: 8 }).map((words) => words.join('')),
    fc.string({ maxLength: 100 }),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
      const wire = [...lines.map((text) => `250-${text.replaceAll('\n', '')}\r\n`), '250 DSN\r\n'].join('')
      new ReplyReader().read(Buffer.from(wire, 'latin1'), (reply) => {
        const extensions = parseExtensions(reply)
        const limit = sizeLimit(extensions)
        if (limit !== undefined) expect(limit).toSatisfy((bytes: number) => Number.isSafeInteger(bytes) && bytes > 0)
        for (const offered of relayedKeywords(extensions)) {
          expect(offered).toMatch(
            /^(?:PIPELINING|SIZE|8BITMIME|SMTPUTF8|DSN|ENHANCEDSTATUSCODES|XFORWARD)(?: [^\0\r\n]*)?$/,
          )
        }
      })
    }),
    { numRuns: 500 },
  )
})
