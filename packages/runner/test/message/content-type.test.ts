import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseContentType } from '../../src/message/content-type.js'

const plain = { bodyIsMessage: false, isDigest: false, boundaries: [] }

test.each([
  [' text/plain; boundary=b', { ...plain, type: 'text' }],
  [' MULTIPART/mixed; Boundary=b; boundary="c d"', { ...plain, type: 'multipart', boundaries: ['b', 'c d'] }],
  [' multipart / digest ; boundary = b', { ...plain, type: 'multipart', isDigest: true, boundaries: ['b'] }],
  [
    ' (a (b)) multipart/mixed (c); x=y; boundary="a\\"b\n c"(d)',
    { ...plain, type: 'multipart', boundaries: ['a"b c'] },
  ],
  [' multipart/mixed; "boundary"=b; boundary; boundary=', { ...plain, type: 'multipart' }],
  [' multipart/mixed; boundary=""', { ...plain, type: 'multipart', boundaries: [''] }],
  [' multipart/mixed; boundary=caf\xe9', { ...plain, type: 'multipart', boundaries: ['caf\xe9'] }],
  [' message/rfc822', { ...plain, type: 'message', bodyIsMessage: true }],
  [' message/global', { ...plain, type: 'message', bodyIsMessage: true }],
  [' message/partial', { ...plain, type: 'message' }],
  [' application/pdf', plain],
  ['', { ...plain, type: 'other' }],
  [' (a comment alone', { ...plain, type: 'other' }],
  [' ; boundary=b', { ...plain, type: 'other' }],
])('Content-Type:%j', (value, expected) => {
  expect(parseContentType(value)).toEqual(expected)
})

test('any value is read, in CPU time that fits its length', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('(', ')', '"', '\\', ';', '=', '/', 'a', ' ', '\n'), maxLength: 60 }),
      (value) => {
        expect(parseContentType(` multipart/mixed;${value}`).boundaries.join('').length).toBeLessThanOrEqual(
          value.length,
        )
      },
    ),
  )
  const started = process.cpuUsage()
  for (const unit of ['(', '"', '\\', ';', 'a=', ' ', '" \n"', '\n '])
    parseContentType(` multipart/mixed;${unit.repeat(100_000)}`)
  const { user, system } = process.cpuUsage(started)
  expect((user + system) / 1e6).toBeLessThan(2)
})
