import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addHeader,
  checkEdit,
  editHeaders,
  type HeaderEdit,
  headerValue,
  parseHeaders,
  removeHeader,
} from '../src/index.js'
import { block, body, latin1, someName, sources, text } from './header-blocks.js'

const FIXTURES = new URL('./fixtures/header/', import.meta.url)

describe('golden edits', () => {
  const stems = readdirSync(FIXTURES).flatMap((name) => /^(\d\d-.*)\.edits\.json$/.exec(name)?.[1] ?? [])
  const read = (name: string) => readFileSync(new URL(name, FIXTURES))

  test.each(stems)('%s', (stem) => {
    const edits = JSON.parse(read(`${stem}.edits.json`).toString()) as HeaderEdit[]
    expect(text(editHeaders(read(`${stem}.eml`), edits))).toBe(text(read(`${stem}.expected.eml`)))
  })
})

const name = fc.stringMatching(/^[\x21-\x39\x3b-\x7e]{1,20}$/)
const value = fc.stringMatching(/^[\t\x20-\x7e]{0,300}$/)
const edit: fc.Arbitrary<HeaderEdit> = fc.oneof(
  someName.map((remove) => ({ remove })),
  fc.record({ add: name, value }),
)

describe('editHeaders', () => {
  test('without edits gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(editHeaders(bytes, [])).toEqual(bytes)
      }),
    )
  })

  test('leaves every byte outside removed fields as it was', () => {
    fc.assert(
      fc.property(block, body, fc.array(edit), (fields, rest, edits) => {
        const removed = new Set(edits.flatMap((e) => ('remove' in e ? e.remove.toLowerCase() : [])))
        const kept = sources(fields.filter(({ named }) => !removed.has(named.toLowerCase()))) + rest
        const edited = text(editHeaders(latin1(sources(fields) + rest), edits))
        const added = edited.length - kept.length
        expect(edited.slice(added)).toBe(kept)
        expect(parseHeaders(latin1(edited.slice(0, added)))).toHaveLength(edits.filter((e) => 'add' in e).length)
      }),
    )
  })

  test('does to a whole message what it does to its header block', () => {
    fc.assert(
      fc.property(block, body, fc.array(edit), (fields, rest, edits) => {
        const [head, whole] = [latin1(sources(fields)), latin1(sources(fields) + rest)]
        expect(text(editHeaders(whole, edits))).toBe(text(editHeaders(head, edits)) + rest)
      }),
    )
  })

  test('adds a field whose unfolded value is the one that was given', () => {
    fc.assert(
      fc.property(name, value, (added, given) => {
        const bytes = editHeaders(latin1('Z: 0\r\n\r\n'), [addHeader(added, given)])
        const [found] = parseHeaders(bytes)
        expect(found?.name).toBe(added)
        const unfolded = found && text(bytes.subarray(found.start, found.end)).replaceAll('\r\n', '')
        expect(unfolded).toBe(`${added}: ${given}`)
        expect(found && headerValue(bytes, found)).toBe(given.replace(/^[ \t]+|[ \t]+$/g, ''))
      }),
    )
  })

  test('folds where the value has blanks, and makes no line of blanks only', () => {
    const words = fc.array(fc.stringMatching(/^[\x21-\x7e]{1,40}$/), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(words, fc.constantFrom(' ', '\t'), (list, blank) => {
        const lines = text(editHeaders(new Uint8Array(), [addHeader('X-Words', list.join(blank))])).split('\r\n')
        expect(lines.pop()).toBe('')
        for (const line of lines) {
          expect(line.length).toBeLessThanOrEqual(78)
          expect(line.trim()).not.toBe('')
        }
      }),
    )
  })

  test('refuses an edit that addHeader or removeHeader would not make', () => {
    const hostile = { add: 'X-A', value: 'a\r\nBcc: b@example.com' }
    expect(() => editHeaders(latin1('X: 1\r\n'), [hostile])).toThrow(expect.objectContaining({ code: 'HEADER_VALUE' }))
  })
})

describe('hostile values', () => {
  const refused = expect.objectContaining({ name: 'CandyError', code: 'HEADER_VALUE' })

  test.each(['a\r\nb', 'a\nb', 'a\rb', '\r\n b', 'a\0', 'a\x7f', 'é', '\u2028', '\u{1f642}'])('value %j', (hostile) => {
    expect(() => addHeader('X-A', hostile)).toThrow(refused)
  })

  test.each(['', ' ', 'X A', 'X:', 'X\r\n', 'Ü', 'X\0', 'x'.repeat(77)])('name %j', (hostile) => {
    expect(() => addHeader(hostile, '')).toThrow(refused)
    expect(() => removeHeader(hostile)).toThrow(refused)
  })

  test.each([
    ['a word', 'x'.repeat(999)],
    ['blanks at the end', `x${' '.repeat(999)}`],
    ['blanks alone', ' '.repeat(999)],
    ['blanks before a word', `x${' '.repeat(998)}y`],
  ])('%s longer than a line', (_what, long) => {
    expect(() => addHeader('X-A', long)).toThrow('X-A: the value cannot be folded into lines of 998 characters')
  })

  test('a value that Postfix would cut off', () => {
    expect(addHeader('X-A', 'ab '.repeat(20_000))).toBeDefined()
    expect(() => addHeader('X-A', 'ab '.repeat(40_000))).toThrow('at most 65536 characters')
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'X-A: 1'],
    ['an unknown edit', { replace: 'X-A', value: '1' }],
    ['a field without a value', { add: 'X-A' }],
    ['two edits in one', { add: 'X-A', value: '1', remove: 'X-A' }],
    ['a number for a value', { add: 'X-A', value: 1 }],
    ['a list for a name', { remove: ['X-A'] }],
    ['every name', { remove: '*' }],
    ['a choice of nothing', { remove: 'X-A', where: undefined }],
    ['a choice by two things', { remove: 'X-A', where: { value: '1', place: 0 } }],
    ['a choice by what is unknown', { remove: 'X-A', where: { pattern: '1' } }],
    ['a choice among many names', { remove: 'X-*', where: { place: 0 } }],
    ['a number for a value to choose', { remove: 'X-A', where: { value: 1 } }],
    ['a place before the first', { remove: 'X-A', where: { place: -1 } }],
    ['a place between two', { remove: 'X-A', where: { place: 0.5 } }],
    ['a bigint for a name', { remove: 1n }],
  ])('%s is no edit', (_what, hostile) => {
    expect(() => checkEdit(hostile as HeaderEdit)).toThrow(refused)
  })

  test('a line of exactly 998 characters is accepted', () => {
    const [line] = text(editHeaders(new Uint8Array(), [addHeader('X-A', 'x'.repeat(993))])).split('\r\n')
    expect(line).toHaveLength(998)
    expect(() => addHeader('X-A', 'x'.repeat(994))).toThrow(refused)
  })
})
