import { editHeaders } from '@candy/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scoreEdits, type Tagging } from '../src/score-header.js'

const HAM: Tagging = { spam: false, score: -1.9, required: 5, tests: ['BAYES_00', 'NO_RELAYS'], scanned: 9, size: 9 }

function print(tagging: Tagging, block = ''): string {
  return Buffer.from(editHeaders(Buffer.from(block), scoreEdits(tagging))).toString()
}

test('ham has a score and a status, and neither X-Spam-Flag nor X-Spam-Level', () => {
  expect(print(HAM)).toBe(
    'X-Spam-Score: -1.9\r\nX-Spam-Status: No, score=-1.9 required=5.0 tests=BAYES_00,NO_RELAYS\r\n',
  )
})

test('spam has X-Spam-Flag on top, and a star in X-Spam-Level for every whole point', () => {
  expect(print({ ...HAM, spam: true, score: 6.9 })).toBe(
    'X-Spam-Flag: YES\r\nX-Spam-Score: 6.9\r\nX-Spam-Level: ******\r\n' +
      'X-Spam-Status: Yes, score=6.9 required=5.0 tests=BAYES_00,NO_RELAYS\r\n',
  )
})

test('there are never more than 50 stars', () => {
  expect(print({ ...HAM, score: 1000 })).toContain(`X-Spam-Level: ${'*'.repeat(50)}\r\n`)
})

test('a message without any rule has tests=none, as SpamAssassin writes it', () => {
  expect(print({ ...HAM, tests: [] })).toContain('tests=none\r\n')
})

test('a message scanned in part says how much of it', () => {
  expect(print({ ...HAM, scanned: 4096, size: 9000 })).toContain('X-Spam-Scanned: first 4096 of 9000 bytes\r\n')
})

test('a long list of rules is folded after commas, and unfolds to the same list', () => {
  const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,60}$/)
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), (tests) => {
      const lines = print({ ...HAM, tests }).split('\r\n')
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78)
      const unfolded = lines.slice(1).join('')
      const list = /tests=(.*)$/.exec(unfolded)?.[1]?.replace(/,\t/g, ',')
      expect(list).toBe(tests.join(',') || 'none')
      for (const line of lines.slice(2)) expect(line).toMatch(/^( tests=.*|\t\S+|)$/)
    }),
  )
})
