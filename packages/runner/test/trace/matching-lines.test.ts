import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findLines } from '../../src/trace/matching-lines.js'
import { chunks } from '../support.js'

async function found(pieces: readonly string[], pattern: RegExp): Promise<readonly string[]> {
  const lines: string[] = []
  await findLines(chunks(...pieces), { pattern: () => pattern, onLine: (line) => lines.push(line) })
  return lines
}

test('each line with the pattern is found once, however the bytes come', async () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'ab', 'x', '\n', '\n\n', '\xff') })
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      const expected = pieces
        .join('')
        .split('\n')
        .filter((line) => line.includes('ab'))
      expect(await found(pieces, /ab/g)).toEqual(expected)
    }),
  )
})

test('the pattern may change after a line', async () => {
  const lines: string[] = []
  let pattern = /one/g
  await findLines(chunks('two\none two\ntwo\none\n'), {
    pattern: () => pattern,
    onLine: (line) => {
      lines.push(line)
      pattern = /two/g
    },
  })
  expect(lines).toEqual(['one two', 'two'])
})

test('the first and the last line are told', async () => {
  const search = { pattern: () => /(?!)/g, onLine: () => {} }
  expect(await findLines(chunks('a\nb', '\nc\n'), search)).toEqual({ first: 'a', last: 'c' })
  expect(await findLines(chunks('a\nb\nc'), search)).toEqual({ first: 'a', last: 'c' })
  expect(await findLines(chunks('\n'), search)).toEqual({ first: '', last: '' })
  expect(await findLines(chunks(), search)).toEqual({ first: undefined, last: undefined })
})

test('a line without an end takes no more memory than a line may have', async () => {
  const endless = Array.from({ length: 5 }, () => 'x'.repeat(1024 * 1024))
  expect(await found([...endless, '\nab\n'], /ab/g)).toEqual(['ab'])
})
