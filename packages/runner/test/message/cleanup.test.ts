import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { oddMessages } from '../../../../test/kit/odd-messages.js'
import { CLEANUP_DEFAULTS, Cleanup, type CleanupSettings } from '../../src/message/cleanup.js'

function cleaned(text: string, settings: Partial<CleanupSettings> = {}, cuts: readonly number[] = []): string {
  const cleanup = new Cleanup({ ...CLEANUP_DEFAULTS, ...settings })
  const bytes = Buffer.from(text, 'latin1')
  const out: Buffer[] = []
  const pieces: Uint8Array[] = []
  // The pieces are valid only until the next call, so they are copied.
  const take = (): void => void out.push(...pieces.splice(0).map((piece) => Buffer.from(piece)))
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  for (const [index, end] of [...ends, bytes.length].entries()) {
    cleanup.write(Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end)), pieces)
    take()
  }
  cleanup.end(pieces)
  take()
  return Buffer.concat(out).toString('latin1')
}

/** Messages as smtpd(8) and candy have them: without a bare CR or LF. */
const message = oddMessages(60).map((text) => text.replaceAll(/\r?\n/g, '\r\n').replaceAll(/\r(?!\n)/g, ' '))

/** Small limits, so that random messages exceed them. */
const small = fc.record({
  headerSizeLimit: fc.integer({ min: 1, max: 60 }),
  lineLengthLimit: fc.integer({ min: 1, max: 50 }),
  mimeNestingLimit: fc.integer({ min: 0, max: 3 }),
  mimeBoundaryLengthLimit: fc.integer({ min: 1, max: 4 }),
})

describe('what cleanup(8) makes of a message', () => {
  // Compared with a real Postfix, these and many more, in test/seen.test.ts.
  test.each([
    ['a line that is no field', 'A: 1\r\nno field\r\nB: 2\r\n', 'A: 1\r\n\r\nno field\r\nB: 2\r\n'],
    ['blanks before a colon', 'A \t: 1\r\n\r\nA : 1\r\n', 'A: 1\r\n\r\nA : 1\r\n'],
    ['a NUL', 'A: 1\x002\r\n 3\x004\r\n\r\n5\x006\r\n', 'A: 1\r\n 3\r\n\r\n5\x006\r\n'],
    ['a mailbox line', '>From me\r\nA: 1\r\n', 'X-Mailbox-Line: >From me\r\nA: 1\r\n'],
    ['a continuation of nothing', ' a\r\nA: 1\r\n', '\r\n a\r\nA: 1\r\n'],
    ['a field that is dropped', 'A: 1\r\nBcc: x\r\n y\r\nB: 2\r\n\r\nBcc: x\r\n', 'A: 1\r\nB: 2\r\n\r\nBcc: x\r\n'],
    ['a last line that does not end', 'A: 1\r\n\r\nb', 'A: 1\r\n\r\nb\r\n'],
    ['nothing', '', ''],
  ])('of %s', (_what, source, expected) => {
    expect(cleaned(source)).toBe(expected)
  })

  test('of a field that is too long: it is cut at the end of a line if that loses little, and within a line otherwise', () => {
    const field = (last: number): string => `A: ${'1'.repeat(87)}\r\n${' 2\r\n'.repeat(last)}\r\n`
    expect(cleaned(field(3), { headerSizeLimit: 100 })).toBe(field(3))
    expect(cleaned(field(5), { headerSizeLimit: 100 })).toBe(field(3))
    expect(cleaned(`A: 1\r\n ${'2'.repeat(200)}\r\n\r\n`, { headerSizeLimit: 100 })).toBe(
      `A: 1\r\n ${'2'.repeat(94)}\r\n\r\n`,
    )
  })
  test('does not depend on where the chunks are cut', () => {
    fc.assert(
      fc.property(
        message,
        fc.option(small, { nil: {} }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (text, settings, cuts) => {
          expect(cleaned(text, settings, cuts)).toBe(cleaned(text, settings))
          expect(
            cleaned(
              text,
              settings,
              [...text].map((_, at) => at),
            ),
          ).toBe(cleaned(text, settings))
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('does not change when cleanup(8) processes the message again', () => {
    fc.assert(
      fc.property(message, (text) => {
        const once = cleaned(text)
        expect(cleaned(once)).toBe(once)
      }),
      { numRuns: 1000 },
    )
  })
})
