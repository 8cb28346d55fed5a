import { anyChunking } from '@candy/sdk/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CrlfWriter, canonical, crlfFromLf, lfFromCrlf } from '../../src/message/line-ends.js'
import { chunks, text } from '../support.js'

/** Random sequences of CR, LF, dots and a letter. */
const lines = fc.string({ unit: fc.constantFrom('\r', '\n', '.', 'a'), maxLength: 30 })
const cuts = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })

test('LF from pipe(8) becomes CRLF, and a bare CR is data', async () => {
  expect(await text(crlfFromLf(chunks('a\nb\rc\r\n', '\n')))).toBe('a\r\nb\rc\r\r\n\r\n')
})

test('one memory for all chunks gives the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(lines), async (parts) => {
      const writer = new CrlfWriter()
      const written = parts.map((part) => Buffer.from(writer.convert(Buffer.from(part))).toString())
      expect(written.join('')).toBe(await text(crlfFromLf(chunks(...parts))))
    }),
  )
})

test('what becomes CRLF comes back as LF, byte for byte, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(lines, cuts, cuts, async (line, first, second) => {
      const inside = Buffer.from(await text(crlfFromLf(anyChunking(Buffer.from(line), first))))
      expect(await text(lfFromCrlf(anyChunking(inside, second)))).toBe(line)
    }),
  )
})

test('canonical bytes have no bare CR and no bare LF, and what was canonical stays', async () => {
  await fc.assert(
    fc.asyncProperty(lines, cuts, async (line, cut) => {
      const out = await text(canonical(anyChunking(Buffer.from(line), cut)))
      expect(out).toBe(line.replace(/\r\n|\n|\r/g, (end) => (end === '\r' ? ' ' : '\r\n')))
      expect(out.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    }),
  )
})
