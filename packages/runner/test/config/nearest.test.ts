import { expect, test } from 'vitest'
import { nearest } from '../../src/config/nearest.js'

const KEYS = ['filter', 'timeout', 'max_size', 'on_error', 'on_reject', 'on_quarantine', 'host']

test.each([
  ['hots', 'host'],
  ['time_out', 'timeout'],
  ['timeuot', 'timeout'],
  ['maxSize', 'max_size'],
  ['MAX-SIZE', 'max_size'],
  ['onError', 'on_error'],
  ['on_eror', 'on_error'],
  ['on_quarantain', 'on_quarantine'],
  ['fitler', 'filter'],
])('%s is near %s', (word, known) => {
  expect(nearest(word, KEYS)).toBe(known)
})

test.each(['colour', 'x', 'port', 'on'])('for %s nothing is suggested', (word) => {
  expect(nearest(word, KEYS)).toBeUndefined()
})

test('of two words that are equally similar the first is suggested', () => {
  expect(nearest('on_rejact', ['on_reject', 'on_react'])).toBe('on_reject')
  expect(nearest('on_rejact', ['on_react', 'on_reject'])).toBe('on_react')
})
