import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FALSE_ENDS, SECOND } from '../../../../test/kit/smuggling.js'
import { makeDotStuffer } from '../../src/smtp/data.js'

function send(...chunks: readonly string[]): string {
  const stuffer = makeDotStuffer()
  const pieces = chunks.flatMap((chunk) => stuffer.stuff(Buffer.from(chunk, 'latin1')))
  return Buffer.concat([...pieces, stuffer.end()]).toString('latin1')
}

/** Matches every end of the data that some receiver could see: a line with a single dot, with any kind of line end. */
const ANY_END = /(?:^|[\r\n])\.(?:\r|\n)/g

test.each([
  ['', '\r\n', '.\r\n'],
  ['a line that does not end', 'a', 'a\r\n.\r\n'],
  ['a dot that starts a line', '.\r\n', '..\r\n.\r\n'],
  ['a dot that does not', 'a.\r\n', 'a.\r\n.\r\n'],
  ['a dot after a bare LF', 'a\n.\r\n', 'a\n..\r\n.\r\n'],
  ['a dot after a bare CR', 'a\r.b\r\n', 'a\r..b\r\n.\r\n'],
  ['a CR at the end', 'a\r', 'a\r\r\n.\r\n'],
])('%s', (_, content, expected) => {
  expect(send(content)).toBe(content === '\r\n' ? `\r\n${expected}` : expected)
})

test('an empty message is a dot alone', () => {
  expect(send()).toBe('.\r\n')
  expect(send('')).toBe('.\r\n')
})

test('where the chunks are cut makes no difference', () => {
  const wire = fc.array(fc.constantFrom('\r', '\n', '.', '\r\n', 'a'), { maxLength: 20 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(wire, fc.nat(), fc.nat(), (text, one, other) => {
      const [first = 0, second = 0] = [one, other].map((place) => place % (text.length + 1)).sort((a, b) => a - b)
      expect(send(text.slice(0, first), text.slice(first, second), text.slice(second))).toBe(send(text))
    }),
    { numRuns: 500 },
  )
})

test.each(FALSE_ENDS.map((end) => [JSON.stringify(end), end] as const))(
  'content with %s has one end for every receiver',
  (_, end) => {
    const ends = send(`body${end}${SECOND}`).match(ANY_END) ?? []
    expect(ends).toHaveLength(1)
  },
)
