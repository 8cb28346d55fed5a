import { editHeaders, headerValue, parseHeaders } from '@candy/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tagSubject } from '../src/subject.js'
import { decodeValue } from './encoded-word.js'

const TAG = '[SPAM]'

/** The header block after tagging, as Latin-1. */
function tagged(block: string | Uint8Array, tag = TAG): string {
  const bytes = typeof block === 'string' ? Buffer.from(block) : block
  return Buffer.from(editHeaders(bytes, tagSubject(bytes, tag))).toString('latin1')
}

/** Milliseconds of CPU time, which does not depend on how busy the machine is. */
function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

function subjects(block: string): string[] {
  const bytes = Buffer.from(block, 'latin1')
  return parseHeaders(bytes)
    .filter(({ name }) => name.toLowerCase() === 'subject')
    .map((field) => headerValue(bytes, field))
}

test('a plain Subject gets the tag in front, and every other field keeps its bytes', () => {
  expect(tagged('From: a@example.com\r\nSubject: hello\r\nTo: b@example.com\r\n')).toBe(
    'Subject: [SPAM] hello\r\nFrom: a@example.com\r\nTo: b@example.com\r\n',
  )
})

test('encoded words stay as they are', () => {
  expect(tagged('Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?= =?utf-8?B?w6Q=?=\r\n')).toBe(
    'Subject: [SPAM] =?utf-8?Q?gr=C3=BC=C3=9Fe?= =?utf-8?B?w6Q=?=\r\n',
  )
})

test('raw UTF-8 becomes an encoded word of the same text, also when its last byte is A0', () => {
  expect(tagged('Subject: voil\u00e0\r\n')).toBe('Subject: [SPAM] =?utf-8?B?dm9pbMOg?=\r\n')
})

test('bytes of no known charset are called unknown-8bit and stay the same bytes', () => {
  const value = tagged(Buffer.from('Subject: Gr\xfc\xdfe\r\n', 'latin1'))
  expect(value).toBe(
    `Subject: [SPAM] =?unknown-8bit?B?${Buffer.from('Gr\xfc\xdfe', 'latin1').toString('base64')}?=\r\n`,
  )
})

test('a raw word beside an encoded word keeps the blank between them', () => {
  expect(decodeValue(subjects(tagged('Subject: =?utf-8?B?w6Q=?= ü =?utf-8?B?w6Q=?=\r\n'))[0] ?? '')).toBe(
    '[SPAM] ä ü ä',
  )
})

test('a folded Subject is unfolded', () => {
  expect(subjects(tagged('Subject: one\r\n two\r\n\tthree\r\nTo: b\r\n'))).toEqual(['[SPAM] one two\tthree'])
})

test('an empty or missing Subject becomes the tag', () => {
  expect(tagged('Subject:\r\nTo: b\r\n')).toBe('Subject: [SPAM]\r\nTo: b\r\n')
  expect(tagged('To: b\r\n')).toBe('Subject: [SPAM]\r\nTo: b\r\n')
  expect(tagged('')).toBe('Subject: [SPAM]\r\n')
})

test('of several Subject fields the first stays, also where it has the tag already', () => {
  expect(tagged('SUBJECT: one\r\nsubject: two\r\nSubject : three\r\n')).toBe('Subject: [SPAM] one\r\n')
  expect(tagged('Subject: [SPAM] one\r\nTo: b\r\nSubject: two\r\n')).toBe('Subject: [SPAM] one\r\nTo: b\r\n')
})

test('encoded words that are broken in odd places stay as they are', () => {
  for (const subject of [
    '=?utf-8?Q?half',
    '=?utf-8?B?w6Q',
    '=?=?=?utf-8?Q?x?=',
    '=?x?y?z?= ?= =?',
    '=?utf-8?Q?a b?=',
  ]) {
    expect(tagged(`Subject: ${subject}\r\n`)).toBe(`Subject: [SPAM] ${subject}\r\n`)
  }
})

test.each([
  ['plain words', 'word '.repeat(20_000)],
  ['one word', 'x'.repeat(100_000)],
  ['one word of just below the longest Subject', 'x'.repeat(8_000)],
  ['blanks before the last mail', `${' '.repeat(100_000)}x`],
  ['blanks between mails', `x${' '.repeat(8_000)}x`],
  ['8-bit mails', 'ü'.repeat(50_000)],
  ['words that grow when they are encoded', 'a ü '.repeat(1_600)],
  ['bytes of no charset', '\xff '.repeat(10_000)],
  ['encoded words without end', '=?utf-8?B?w6Q '.repeat(5_000)],
  ['folds', 'a\r\n '.repeat(20_000)],
  ['megabytes', 'word '.repeat(2_000_000)],
])('a Subject of very many %s costs little and is either tagged or left as it is', (_, subject) => {
  const block = Buffer.from(`Subject: ${subject}\r\nTo: b\r\n`, 'latin1')
  const before = process.cpuUsage()
  const edits = tagSubject(block, TAG)
  const text = Buffer.from(editHeaders(block, edits)).toString('latin1')
  expect(secondsSince(before)).toBeLessThan(2)
  if (edits.length === 0) expect(text).toBe(block.toString('latin1'))
  else expect(text).toMatch(/^Subject: \[SPAM\][\t\r\n\x20-\x7e]*\r\nTo: b\r\n$/)
})

test('millions of Subject fields take little CPU time', () => {
  const block = Buffer.from('Subject: x\r\n'.repeat(800_000))
  const before = process.cpuUsage()
  expect(Buffer.from(editHeaders(block, tagSubject(block, TAG))).toString()).toBe('Subject: [SPAM] x\r\n')
  expect(secondsSince(before)).toBeLessThan(3)
})

test('a Subject is not tagged twice, whatever the tag', () => {
  for (const tag of [TAG, '[спам]', '***** =?x']) {
    const once = Buffer.from(tagged('Subject: grüße\r\n', tag), 'latin1')
    expect(tagSubject(once, tag)).toEqual([])
  }
})

test('a tag beyond ASCII is encoded and shown apart from the Subject', () => {
  expect(decodeValue(subjects(tagged('Subject: ä\r\n', '[спам]'))[0] ?? '')).toBe('[спам] ä')
})

test('control characters and words longer than a line are encoded', () => {
  for (const subject of ['\x00nul', 'esc\x1b$B', 'x'.repeat(2000), `${'ü'.repeat(2000)} y`]) {
    const block = tagged(`Subject: ${subject}\r\n`)
    for (const line of block.split('\r\n')) expect(line).toMatch(/^[\t\x20-\x7e]{0,78}$/)
    expect(decodeValue(subjects(block)[0] ?? '')).toBe(`[SPAM] ${subject}`)
  }
})

test('any bytes become a Subject that decodes to the same bytes', () => {
  const byte = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0x20, 0x09, 0xc3, 0xa4, 0xa0, 0x41, 0x3d, 0x3f),
  )
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 300 }), (bytes) => {
      const value = Buffer.from(bytes.filter((b) => b !== 10 && b !== 13)).toString('latin1')
      const block = tagged(Buffer.from(`Subject: ${value}\r\n`, 'latin1'))
      const expected = value.replace(/^[ \t]+|[ \t]+$/g, '')
      expect(Buffer.from(decodeValue(subjects(block)[0] ?? '', 'latin1'), 'latin1')).toEqual(
        Buffer.from(expected === '' ? TAG : `${TAG} ${expected}`, 'latin1'),
      )
      expect(block).toMatch(/^Subject: [\t\r\n\x20-\x7e]*\r\n$/)
    }),
  )
})
