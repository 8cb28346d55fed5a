import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findHeader, headersEnd, headerValue, parseHeaders } from '../src/index.js'
import { block, body, latin1, sources, text } from './header-blocks.js'

describe('findHeader', () => {
  test('finds the fields of a name one after another, as parseHeaders does', () => {
    fc.assert(
      fc.property(block, body, (fields, rest) => {
        const bytes = latin1(sources(fields) + rest)
        for (const { name } of parseHeaders(bytes)) {
          const wanted = parseHeaders(bytes).filter((field) => field.name.toLowerCase() === name.toLowerCase())
          const found = []
          for (let field = findHeader(bytes, name.toUpperCase()); field !== undefined; ) {
            found.push(field)
            field = findHeader(bytes, name, field.end)
          }
          expect(found).toEqual(wanted)
        }
      }),
    )
  })

  test('finds nothing in a body, and no field whose name only begins so', () => {
    expect(findHeader(latin1('To: a\r\nSubjects: b\r\n\r\nSubject: c\r\n'), 'Subject')).toBeUndefined()
  })
})

describe('parseHeaders', () => {
  test('finds every field, and nothing of the body', () => {
    fc.assert(
      fc.property(block, body, (fields, rest) => {
        const bytes = latin1(sources(fields) + rest)
        const found = parseHeaders(bytes)
        expect(found.map(({ start, end }) => text(bytes.subarray(start, end)))).toEqual(fields.map((f) => f.source))
        expect(found.map((f) => f.name)).toEqual(fields.map((f) => f.named))
      }),
    )
  })

  test('reads any bytes, and each field begins where the one before it ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let end = 0
        for (const found of parseHeaders(bytes)) {
          expect(found.start).toBe(end)
          expect(found.end).toBeGreaterThan(found.start)
          end = found.end
        }
        expect(end).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })

  test.each([
    ['a line that begins with a blank', ' X-A: 1\r\n', 0],
    ['a colon without a name', ': 1\r\nX-A: 1\r\n', 0],
    ['a line without a colon', 'X-A 1\r\nX-B: 1\r\n', 0],
    ['two words before the colon', 'X A: 1\r\n', 0],
    ['an 8-bit byte in a name', 'X\xe9: 1\r\n', 0],
    ['a NUL in a name', 'X\0: 1\r\n', 0],
    ['a colon on the next line', 'X-A\r\n : 1\r\n', 0],
    ['an mbox line', 'From ann Mon Jan 1\r\nX-A: 1\r\n', 0],
    ['a bare LF, which ends no line', 'X-A: 1\nX-B: 2\r\nX-C: 3\r\n', 2],
    ['a bare CR, which ends no line', 'X-A: 1\rX-B: 2\r\n', 1],
    ['no end of the last line', 'X-A: 1\r\nX-B: 2', 2],
  ])('reads %s as Postfix does', (_what, source, count) => {
    expect(parseHeaders(latin1(source))).toHaveLength(count)
  })

  test('ends where headersEnd says', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.tuple(block, body).map(([fields, rest]) => latin1(sources(fields) + rest)),
        ),
        (bytes) => {
          expect(headersEnd(bytes)).toBe(parseHeaders(bytes).at(-1)?.end ?? 0)
        },
      ),
    )
  })

  test('reads a name that is as long as a message', () => {
    const long = 'x'.repeat(1_000_000)
    expect(parseHeaders(latin1(`${long}: 1\r\n`))[0]?.name).toBe(long)
  })
})

describe('headerValue', () => {
  test.each([
    ['X-A:1\r\n', '1'],
    ['X-A : \t 1 2 \t\r\n', '1 2'],
    ['X-A: 1,\r\n\t2\r\n  \r\n 3\r\n', '1,\t2   3'],
    ['X-A: \xa0\xe0\xa0\r\n', '\xa0\xe0\xa0'],
    ['X-A:\r\n', ''],
    ['X-A: http://example.com:25', 'http://example.com:25'],
  ])('of %j is %j', (source, expected) => {
    const bytes = latin1(`Y: 0\r\n${source}`)
    const [, found] = parseHeaders(bytes)
    expect(found && headerValue(bytes, found)).toBe(expected)
  })
})

test('a value of blanks is trimmed in CPU time that fits its length', () => {
  const bytes = latin1(`X-A: 1${' '.repeat(400_000)}2\r\n`)
  const started = process.cpuUsage()
  expect(headerValue(bytes, { start: 0, end: bytes.length })).toHaveLength(400_002)
  const { user, system } = process.cpuUsage(started)
  // 1 ms; a pattern that is tried at each blank needs minutes.
  expect((user + system) / 1e6).toBeLessThan(0.6)
})
