import { expect, test } from 'vitest'
import { enhancedStatus, isPositive, makeReply, parseReplyLine, printReply, writeReply } from '../../src/smtp/reply.js'

test('a reply is written as it was read, every byte of it', () => {
  const lines = ['250-first\r\n', '250-\xff second \r\n', '250 last\r\n']
  const parts = lines.map((line) => parseReplyLine(line.slice(0, -2)))
  expect(parts.map((part) => part?.last)).toEqual([false, false, true])
  expect(writeReply({ code: 250, lines: parts.map((part) => part?.text ?? '') })).toBe(lines.join(''))
})

test.each(['', '25 x', '1 000', '600 x', '250x', 'HTTP/1.1 400', '2500 x'])('%j is no reply', (line) => {
  expect(parseReplyLine(line)).toBeUndefined()
})

test('a reply of three digits has an empty text', () => {
  expect(parseReplyLine('250')).toEqual({ code: 250, last: true, text: '' })
})

test('a reply says whether it is positive, and its status where it has one', () => {
  expect(isPositive(makeReply(250, '2.0.0 Ok'))).toBe(true)
  expect(isPositive(makeReply(354, 'go on'))).toBe(false)
  expect(isPositive(makeReply(451, '4.3.0 no'))).toBe(false)
  expect(enhancedStatus(makeReply(550, '5.7.1 no'))).toBe('5.7.1')
  expect(enhancedStatus(makeReply(550, 'no'))).toBeUndefined()
  expect(printReply({ code: 550, lines: ['5.7.1 no', '5.7.1 never'] })).toBe('550 5.7.1 no 5.7.1 never')
})

test('control characters of a reply end no line or string in which it is printed', () => {
  expect(parseReplyLine('550 a\rb\0c\td\x7f\x1b[2J\xe9')?.text).toBe('a?b?c\td??[2J\xe9')
})
