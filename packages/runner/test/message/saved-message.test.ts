import fc from 'fast-check'
import { expect, test } from 'vitest'
import { senderOf, withoutMboxLine } from '../../src/message/saved-message.js'
import { chunks, text } from '../support.js'

async function without(...parts: readonly string[]): Promise<{ readonly rest: string; readonly left: number }> {
  let left = 0
  const rest = await text(withoutMboxLine(chunks(...parts), () => left++))
  return { rest, left }
}

test('the line that mbox puts before a message is left out, and reported', async () => {
  expect(await without('From a@b Fri Nov 27 11:00:00 2026\nSubject: x\n\nFrom c\n')).toEqual({
    rest: 'Subject: x\n\nFrom c\n',
    left: 1,
  })
  expect(await without('From: a@b\n\n')).toEqual({ rest: 'From: a@b\n\n', left: 0 })
  expect(await without('')).toEqual({ rest: '', left: 0 })
})

test('chunk boundaries do not matter', () => {
  const line = fc.constantFrom('From a\r\n', 'From: a\r\n', 'Subject: x\r\n', '\r\n', 'From ')
  return fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 5 }), fc.integer({ min: 1, max: 5 }), async (lines, size) => {
      const whole = lines.join('')
      const parts = whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      expect(await without(...parts)).toEqual(await without(whole))
    }),
  )
})

test.each([
  ['Return-Path: <bounce@list.example>\r\nFrom: A <a@example.com>\r\n', 'bounce@list.example'],
  ['Return-Path: <>\r\nFrom: MAILER-DAEMON@example.com\r\n', ''],
  ['From: "A, B" <a@example.com>, c@example.com\r\n', 'a@example.com'],
  ['From: a@example.com (A)\r\n', 'a@example.com'],
  ['Subject: x\r\n', undefined],
])('the sender of %j is %j', (header, sender) => {
  expect(senderOf(Buffer.from(header))).toBe(sender)
})
