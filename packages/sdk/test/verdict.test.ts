import { expect, test } from 'vitest'
import { accept, addHeader, defer, fromString, quarantine, reject, rewrite } from '../src/index.js'

test('each function returns the action of its name, and no member that was not given', () => {
  expect(accept()).toEqual({ action: 'accept', edits: [] })
  expect(accept([addHeader('X-A', '1')])).toEqual({ action: 'accept', edits: [{ add: 'X-A', value: '1' }] })
  expect(reject('infected')).toStrictEqual({ action: 'reject', text: 'infected' })
  expect(quarantine('spam', [7, 1])).toStrictEqual({ action: 'quarantine', text: 'spam', status: [7, 1] })
  expect(defer('later', [3, 2])).toStrictEqual({ action: 'defer', text: 'later', status: [3, 2] })
})

test('rewrite() does not call content()', () => {
  let opened = 0
  const verdict = rewrite(() => {
    opened++
    return fromString('new')
  })
  expect(verdict).toMatchObject({ action: 'accept', edits: [] })
  expect(opened).toBe(0)
})
