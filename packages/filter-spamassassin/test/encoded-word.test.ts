import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeValue, encodeWords } from '../src/encoded-word.js'
import { decodeValue } from './encoded-word.js'

/** Any code points but surrogates. */
const text = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff })), {
    minLength: 1,
    maxLength: 200,
  })
  .map((points) => String.fromCodePoint(...points))

test('printable ASCII is left alone', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\t\x20-\x7e]{0,200}$/), (text) => {
      expect(encodeValue(text)).toBe(text)
    }),
  )
})

test('text in any language decodes to itself, in words of at most 75 characters', () => {
  fc.assert(
    fc.property(text, (text) => {
      const words = encodeWords(new TextEncoder().encode(text)).split(' ')
      expect(decodeValue(words.join(' '))).toBe(text)
      expect(Math.max(...words.map((word) => word.length))).toBeLessThanOrEqual(75)
      // RFC 2047 section 5: no character is split between two encoded words.
      expect(words.map((word) => decodeValue(word)).join('')).toBe(text)
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
