import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeValue, encodeWords } from '../src/encoded-word.js'
import { decodeValue } from './encoded-word.js'

test('printable ASCII is left alone', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\t\x20-\x7e]{0,200}$/), (text) => {
      expect(encodeValue(text)).toBe(text)
    }),
  )
})

test('text in any language decodes to itself, in words of at most 75 characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (text) => {
      const words = encodeWords(new TextEncoder().encode(text)).split(' ')
      expect(decodeValue(words.join(' '))).toBe(text)
      for (const word of words) {
        expect(word.length).toBeLessThanOrEqual(75)
        // RFC 2047 section 5: each word is whole by itself.
        expect(decodeValue(word)).not.toContain('\ufffd')
      }
    }),
  )
})

test('bytes in no known charset stay the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      const text = encodeWords(Uint8Array.of(0xff, ...bytes))
      expect(text).toMatch(/^=\?unknown-8bit\?B\?/)
      expect(Buffer.from(decodeValue(text), 'latin1')).toEqual(Buffer.from([0xff, ...bytes]))
    }),
  )
})
