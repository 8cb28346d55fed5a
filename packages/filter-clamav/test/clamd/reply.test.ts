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
  ['UNKNOWN COMMAND', { kind: 'error', text: 'UNKNOWN COMMAND' }],
  ['COMMAND UNAVAILABLE', { kind: 'error', text: 'COMMAND UNAVAILABLE' }],
])('%s', (text, reply) => {
  expect(parseReply(text)).toEqual(reply)
})

test.each([
  ['INSTREAM size limit exceeded. ERROR', 'INSTREAM size limit exceeded.'],
  ['stream: (null) FOUND', 'a limit was exceeded'],
  ['stream: (null)(44d88612fea8a8f36de82e1278abb02f:68) FOUND', 'a limit was exceeded'],
  ['stream: Exceeded time limit ERROR', 'Exceeded time limit'],
  ['stream: CL_ETIMEOUT: Time limit reached ERROR', 'CL_ETIMEOUT: Time limit reached'],
  ['stream: Exceeded max recursion depth ERROR', 'Exceeded max recursion depth'],
  ['stream: CL_EMAXREC ERROR', 'CL_EMAXREC'],
  ['stream: Exceeded max scan size ERROR', 'Exceeded max scan size'],
  ['stream: Exceeded max scan files ERROR', 'Exceeded max scan files'],
  ["stream: Can't parse data ERROR", "Can't parse data"],
  ["stream: Can't unpack some data ERROR", "Can't unpack some data"],
  ['stream: CL_EFORMAT: Bad format or broken data ERROR', 'CL_EFORMAT: Bad format or broken data'],
])('%s is about the bytes and comes again with them', (text, reason) => {
  expect(parseReply(text)).toEqual({ kind: 'unscannable', text: reason })
})

test.each([
  "stream: Can't allocate memory ERROR",
  'stream: CL_EMEM: Unable to allocate memory ERROR',
  "stream: Can't write to file ERROR",
  "stream: Can't create temporary file ERROR",
  "stream: Can't create temporary directory ERROR",
  'Error writing to temporary file ERROR',
  'cli_gentempfd() failed. ERROR',
  'read timeout ERROR',
  'stream: Malformed database ERROR',
  'stream: Error during bytecode execution ERROR',
  'stream: Null argument passed to function ERROR',
  'stream: what nobody has heard of, a limit ERROR',
  'COMMAND READ TIMED OUT ERROR',
])('%s is about clamd and may pass', (text) => {
  expect(parseReply(text)).toEqual({ kind: 'error', text })
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

test('only one exact text means clean', () => {
  const words = fc.constantFrom('stream', ':', ' ', 'OK', 'FOUND', 'ERROR', '\n', 'x')
  const text = fc.array(words, { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(fc.property(text, (input) => (parseReply(input).kind === 'clean') === (input === 'stream: OK')))
})
