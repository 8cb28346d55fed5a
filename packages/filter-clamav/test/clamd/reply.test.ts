import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseReply, type Reply } from '../../src/clamd/reply.js'

test.each<[string, Reply]>([
  ['stream: OK', { kind: 'clean' }],
  ['stream: Win.Test.EICAR_HDB-1 FOUND', { kind: 'found', name: 'Win.Test.EICAR_HDB-1' }],
  ['stream: Sanesecurity.X.UNOFFICIAL FOUND', { kind: 'found', name: 'Sanesecurity.X.UNOFFICIAL' }],
  ['stream: Eicar-Signature(44d88612fea8a8f36de82e1278abb02f:68) FOUND', { kind: 'found', name: 'Eicar-Signature' }],
  ['stream: Odd(name) FOUND', { kind: 'found', name: 'Odd(name)' }],
  ['stream: two words FOUND', { kind: 'found', name: 'two words' }],
  ['stream: OK FOUND', { kind: 'found', name: 'OK' }],
  ['INSTREAM size limit exceeded. ERROR', { kind: 'error', text: 'INSTREAM size limit exceeded. ERROR' }],
  ["stream: Can't allocate memory ERROR", { kind: 'error', text: "stream: Can't allocate memory ERROR" }],
  ['UNKNOWN COMMAND', { kind: 'error', text: 'UNKNOWN COMMAND' }],
  ['COMMAND UNAVAILABLE', { kind: 'error', text: 'COMMAND UNAVAILABLE' }],
])('%s', (text, reply) => {
  expect(parseReply(text)).toEqual(reply)
})

test.each([
  '',
  'OK',
  'stream:OK',
  'stream: ok',
  'stream: OK ',
  'stream: OK\n',
  ' stream: OK',
  'stream: ',
  'stream:  FOUND',
  'stream: FOUND',
  'stream: X FOUN',
  '1: stream: OK',
  'PONG',
])('%j is unknown', (text) => {
  expect(parseReply(text)).toEqual({ kind: 'unknown', text })
})

test('only the one exact text is clean', () => {
  const words = fc.constantFrom('stream', ':', ' ', 'OK', 'FOUND', 'ERROR', '\n', 'x')
  const text = fc.array(words, { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(fc.property(text, (input) => (parseReply(input).kind === 'clean') === (input === 'stream: OK')))
})
