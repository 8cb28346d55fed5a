import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable } from '../src/index.js'

test('printable gives one line of at most 400 printable ASCII bytes for any text', () => {
  const text = fc.tuple(fc.string({ unit: 'binary', maxLength: 30 }), fc.nat({ max: 50 }))
  fc.assert(
    fc.property(text, ([part, times]) => {
      expect(printable(part.repeat(times))).toMatch(/^(?:[\x21-\x7e](?:[\x20-\x7e]{0,398}[\x21-\x7e])?)?$/)
    }),
  )
})

test('printable leaves printable ASCII of one line as it is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/), (text) => {
      fc.pre(text.length <= 400)
      expect(printable(text)).toBe(text)
    }),
  )
})

test.each([
  ['Eicar\r\nBcc: b@example.com', 'Eicar Bcc: b@example.com'],
  ['a\0b\x1b[31mc\x7f', 'a?b?[31mc?'],
  ['  naïve 🙂\u2028x  ', 'na?ve ? x'],
  ['', ''],
])('%j becomes %j', (text, expected) => {
  expect(printable(text)).toBe(expected)
})

test('a text that is cut off ends in dots', () => {
  expect(printable('x'.repeat(400))).toBe('x'.repeat(400))
  expect(printable('x'.repeat(401))).toBe(`${'x'.repeat(397)}...`)
})
