/**
 * Postfix as the judge of where a header block ends and what its fields are: postmap(1) `-h` reads a message with the same
 * code as cleanup(8), and asks a table once for each field. NUL is left out: no C string of Postfix's holds one.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseHeaders } from '../src/index.js'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'postmap-'))
  writeFileSync(join(directory, 'main.cf'), 'compatibility_level = 3.6\n')
  writeFileSync(join(directory, 'every'), '/^/ *\n')
})
afterAll(() => rmSync(directory, { recursive: true }))

/** The fields that Postfix finds, in the form in which it prints them: without blanks before the colon, and with LF for CRLF. */
function postfixFields(source: string): string[] {
  const args = ['-c', directory, '-h', '-q', '-', `regexp:${join(directory, 'every')}`]
  try {
    const input = Buffer.from(source.replaceAll('\r\n', '\n'), 'latin1')
    return execFileSync('postmap', args, { input, encoding: 'latin1' }).split('\t*\n').slice(0, -1)
  } catch (error) {
    // Exit status 1: nothing was found (postmap(1)).
    if ((error as { status?: number }).status === 1) return []
    throw error
  }
}

function ourFields(source: string): string[] {
  return parseHeaders(Buffer.from(source, 'latin1')).map(({ name, start, end }) => {
    const rest = source.slice(start + name.length, end).replace(/^[ \t]+/, '')
    return name + rest.replace(/\r\n$/, '').replaceAll('\r\n', '\n')
  })
}

const odd = fc.constantFrom('A', 'b', '-', '1', ':', ':', ' ', '\t', '\r', '\x7f', '\xff', '\x0b', '(', '"')
const line = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: odd, maxLength: 8 }) },
  { weight: 3, arbitrary: fc.constantFrom('A: 1', 'Received : by b', 'B:', ' \t', ' more', 'From a 1', '>From a 1') },
  { weight: 1, arbitrary: fc.constant('') },
)
/** A CR at the end of a line would belong to its CRLF for one reader and to the line for the other. */
const source = fc
  .array(line, { maxLength: 8 })
  .map((lines) => lines.map((l) => `${l.replace(/\r+$/, '')}\r\n`).join(''))

test('fields and the end of the header block are where Postfix sees them', () => {
  fc.assert(
    fc.property(source, (text) => {
      expect(ourFields(text)).toEqual(postfixFields(text))
    }),
    { numRuns: 150 },
  )
})
