import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FALSE_ENDS, SECOND } from '../../../../test/kit/smuggling.js'
import { makeDotStuffer } from '../../src/smtp/data.js'
import { DataReader } from '../../src/smtp/data-reader.js'
import { ByteReader } from './byte-reader.js'

interface Result {
  readonly content: string
  readonly ended: boolean
  /** The bytes after the end of the data. */
  readonly rest: string
  readonly bareLineEnds: number
}

function read(...chunks: readonly Uint8Array[]): Result {
  const reader = new DataReader()
  const pieces: Uint8Array[] = []
  let rest = ''
  // A copy: the reader overwrites bare CRs.
  for (const chunk of chunks.map((bytes) => Buffer.from(bytes))) {
    rest += chunk.subarray(reader.read(chunk, pieces)).toString('latin1')
  }
  return {
    content: Buffer.concat(pieces).toString('latin1'),
    ended: reader.ended,
    rest,
    bareLineEnds: reader.bareLineEnds,
  }
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

function stuff(bytes: Uint8Array): Buffer {
  const stuffer = makeDotStuffer()
  return Buffer.concat([...stuffer.stuff(bytes), stuffer.end()])
}

/** Bytes in which line ends and dots are frequent. */
const wire = fc
  .array(fc.constantFrom('\r', '\n', '.', '\r\n', '\r\n.', 'a', '\0', '\xff'), { maxLength: 30 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

/** Bytes that come in stretches with much and with little to look at. */
const longWire = fc
  .array(
    fc.tuple(
      fc.constantFrom('\r', '\n', '.', '\r\n', '\r\n.', '\r\n..', 'a', 'line\r\n', `${'x'.repeat(70)}\r\n`),
      fc.nat({ max: 60 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.from(parts.map(([part, times]) => part.repeat(times)).join(''), 'latin1'))

/** Content as the runner holds it: every line ends in CRLF. */
const canonical = fc
  .array(fc.constantFrom('', '.', '..', '.a', 'a.', 'text', '\0', '\xff'), { maxLength: 12 })
  .map((lines) => Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1'))

test('what the dot stuffer wrote is read back, however it is cut', () => {
  fc.assert(
    fc.property(canonical, fc.array(fc.nat(), { maxLength: 4 }), (content, places) => {
      const result = read(...cut(Buffer.concat([stuff(content), Buffer.from('QUIT\r\n')]), places))
      expect(result).toEqual({ content: content.toString('latin1'), ended: true, rest: 'QUIT\r\n', bareLineEnds: 0 })
    }),
  )
})

test('where the chunks are cut makes no difference, whatever the bytes', () => {
  fc.assert(
    fc.property(wire, fc.array(fc.nat(), { maxLength: 4 }), (bytes, places) => {
      expect(read(...cut(bytes, places))).toEqual(read(bytes))
    }),
    { numRuns: 500 },
  )
})

test('the bytes that are passed over make no difference, however the chunks are cut', () => {
  fc.assert(
    fc.property(fc.oneof(wire, longWire), fc.array(fc.nat(), { maxLength: 4 }), fc.boolean(), (bytes, places, ends) => {
      const data = ends ? Buffer.concat([bytes, Buffer.from('\r\n.\r\nQUIT\r\n')]) : bytes
      const oracle = new ByteReader()
      const rest = data.subarray(oracle.read(data)).toString('latin1')
      const { content, ended, bareLineEnds, rest: left } = read(...cut(data, places))
      // A CR at the end is held back.
      expect({ content, ended, bareLineEnds, rest: left }).toEqual({
        content: oracle.content,
        ended: oracle.ended,
        bareLineEnds: oracle.bareLineEnds,
        rest,
      })
    }),
    { numRuns: 1000 },
  )
})

test('a chunk that is larger than what is scanned at a time is read to its end', () => {
  const bytes = Buffer.from(`${`${'x'.repeat(70)}\r\n`.repeat(5000)}..\r\n.\r\nQUIT\r\n`)
  expect(read(bytes)).toEqual({
    content: `${`${'x'.repeat(70)}\r\n`.repeat(5000)}.\r\n`,
    ended: true,
    rest: 'QUIT\r\n',
    bareLineEnds: 0,
  })
})

test('the data ends at the first CRLF.CRLF and nowhere else, and no bare line end is left of it', () => {
  fc.assert(
    fc.property(wire, (bytes) => {
      const { ended, rest, content } = read(bytes)
      const end = `\r\n${bytes.toString('latin1')}`.indexOf('\r\n.\r\n')
      expect(ended).toBe(end !== -1)
      if (ended) expect(rest).toBe(bytes.toString('latin1').slice(end + 3))
      expect(content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    }),
    { numRuns: 1000 },
  )
})

test('content shares the memory of the chunk it came in', () => {
  const chunk = Buffer.from('one\r\ntwo\r\n.\r\n')
  const pieces: Uint8Array[] = []
  new DataReader().read(chunk, pieces)
  expect(pieces.map((piece) => piece.buffer)).toEqual(pieces.map(() => chunk.buffer))
})

test('a bare CR becomes a space, so that no line becomes two header fields, and a bare LF a line end', () => {
  const bytes = 'Subject: hello\rX-Injected: yes\r\r\nTo: a\n b\r\n.\rc\r\n.\r\n'
  for (let at = 0; at <= bytes.length; at++) {
    const { content, bareLineEnds } = read(Buffer.from(bytes.slice(0, at)), Buffer.from(bytes.slice(at)))
    expect(content).toBe('Subject: hello X-Injected: yes \r\nTo: a\r\n b\r\n c\r\n')
    expect(bareLineEnds).toBe(4)
  }
})

test('a dot right after DATA ends an empty message', () => {
  expect(read(Buffer.from('.\r\n'))).toEqual({ content: '', ended: true, rest: '', bareLineEnds: 0 })
})

describe.each(FALSE_ENDS.map((end) => [JSON.stringify(end), end] as const))('%s does not end the data', (_, end) => {
  const places = {
    'in the middle': `Subject: x\r\n\r\nbody${end}`,
    'at the very start': end,
    'after a dot-stuffed line': `a\r\n..b\r\nc${end}`,
  }
  test.each(Object.entries(places))('%s, split anywhere', (_place, before) => {
    const bytes = Buffer.from(`${before}${SECOND}.\r\nQUIT\r\n`, 'latin1')
    for (let at = 0; at <= bytes.length; at++) {
      const { content, ended, rest } = read(bytes.subarray(0, at), bytes.subarray(at))
      expect({ ended, rest, at }).toEqual({ ended: true, rest: 'QUIT\r\n', at })
      expect(content).toContain('MAIL FROM:<admin@example.com>')
      expect(content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    }
  })
})
