import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printLine } from '../../src/log/line.js'

test('fields are words, in quotes where they need them', () => {
  expect(printLine('info', 'judged', { id: 'A1', text: 'two words', n: 3, ok: true, empty: '' })).toBe(
    'judged id=A1 text="two words" n=3 ok=true empty=""',
  )
  expect(printLine('warn', 'slow')).toBe('warning: slow')
  expect(printLine('error', 'broken')).toBe('error: broken')
})

test('one line of printable ASCII, whatever a filter writes', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, text, (event, key, value) => {
      expect(printLine('info', event, { [key]: value })).toMatch(/^[\x20-\x7e]{0,4000}$/)
    }),
  )
})
