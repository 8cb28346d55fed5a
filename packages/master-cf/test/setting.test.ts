import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyEdits, type Edit, type Entry, FIELDS, parse, setField, setOption, unsetOption } from '../src/index.js'
import { parameter, soup, value, wellFormed } from './arbitrary.js'

const smtp = { service: 'smtp', type: 'inet' }
const filter = { name: 'content_filter', value: 'candy:x' }

/** A text, well-formed or not, with one well-formed entry in it. */
const target = fc.oneof(wellFormed, soup).chain((text) => {
  const sound = parse(text).entries.filter((entry) => {
    const all = parse(text).entries.filter((e) => e.service === entry.service && e.type === entry.type)
    return all.every(({ problems }) => problems.length === 0)
  })
  const none = { text: 'smtp inet n - y - - smtpd', entry: smtp }
  return sound.length === 0
    ? fc.constant(none)
    : fc.record({ text: fc.constant(text), entry: fc.constantFrom(...sound) })
})

function winner(text: string, key: { readonly service: string; readonly type: string }): Entry {
  const entry = parse(text).entries.findLast((e) => e.service === key.service && e.type === key.type)
  if (entry === undefined) throw new Error(`no ${key.service}`)
  return entry
}

function expectLocal(text: string, entry: Entry, edits: readonly Edit[]): void {
  const after = applyEdits(text, edits)
  expect(after.startsWith(text.slice(0, entry.offset))).toBe(true)
  expect(after.endsWith(text.slice(entry.offset + entry.length))).toBe(true)
  for (const edit of edits) {
    expect(edit.offset).toBeGreaterThanOrEqual(entry.offset)
    expect(edit.offset + edit.length).toBeLessThanOrEqual(entry.offset + entry.length)
  }
}

function refusal(change: () => unknown): unknown {
  try {
    change()
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
  return 'no refusal'
}

describe('setting an option', () => {
  test('and unsetting it restores the bytes, whatever the layout of the entry', () => {
    fc.assert(
      fc.property(target, value, ({ text, entry }, value) => {
        const set = applyEdits(text, setOption(parse(text), entry, { name: 'content_filter', value }))
        expect(set).not.toBe(text)
        expect(applyEdits(set, unsetOption(parse(set), entry, 'content_filter'))).toBe(text)
      }),
      { numRuns: 200 },
    )
  })

  test('changes bytes of its entry only, and never comments', () => {
    fc.assert(
      fc.property(target, parameter, value, ({ text, entry }, name, value) => {
        const found = winner(text, entry)
        const edits = setOption(parse(text), entry, { name, value })
        expectLocal(text, found, edits)
        const present = found.options.findLast((option) => option.name === name)
        if (present === undefined) expect(edits.every((edit) => edit.length === 0)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('a second time changes nothing', () => {
    fc.assert(
      fc.property(target, parameter, value, ({ text, entry }, name, value) => {
        const set = applyEdits(text, setOption(parse(text), entry, { name, value }))
        expect(setOption(parse(set), entry, { name, value })).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['smtp inet n - y - - smtpd\n', 'smtp inet n - y - - smtpd\n  -o content_filter=candy:x\n'],
    ['smtp inet n - y - - smtpd', 'smtp inet n - y - - smtpd\n  -o content_filter=candy:x'],
    ['smtp inet n - y - - smtpd\r\n', 'smtp inet n - y - - smtpd\r\n  -o content_filter=candy:x\r\n'],
    [
      'smtp inet n - y - - smtpd\n\t-o a=b\n# why\n\t-o c=d\n# end\n',
      'smtp inet n - y - - smtpd\n\t-o a=b\n# why\n\t-o c=d\n\t-o content_filter=candy:x\n# end\n',
    ],
    ['smtp inet n - y - - smtpd -v\n', 'smtp inet n - y - - smtpd -o content_filter=candy:x -v\n'],
    [
      'smtp inet n - y - - pipe\n    flags=R argv=x\n',
      'smtp inet n - y - - pipe\n    -o content_filter=candy:x\n    flags=R argv=x\n',
    ],
    [
      'smtp inet n - y - - pipe flags=R argv=x\n',
      'smtp inet n - y - - pipe -o content_filter=candy:x flags=R argv=x\n',
    ],
    ['smtp inet n - y - - smtpd -o content_filter=\n', 'smtp inet n - y - - smtpd -o content_filter=candy:x\n'],
    [
      'smtp inet n - y - - smtpd\n  -o { content_filter =\n# why\n    old }\n',
      'smtp inet n - y - - smtpd\n  -o { content_filter =\n# why\n    candy:x }\n',
    ],
  ])('turns %j into %j', (before, after) => {
    expect(applyEdits(before, setOption(parse(before), smtp, filter))).toBe(after)
  })

  test('takes the braces it needs for a value with blanks', () => {
    const set = (text: string): string =>
      applyEdits(text, setOption(parse(text), smtp, { name: 'mynetworks', value: 'a, b' }))
    expect(set('smtp inet n - y - - smtpd\n')).toBe('smtp inet n - y - - smtpd\n  -o { mynetworks = a, b }\n')
    expect(set('smtp inet n - y - - smtpd -omynetworks=c -v\n')).toBe(
      'smtp inet n - y - - smtpd -o { mynetworks = a, b } -v\n',
    )
  })

  test.each(['a\nb', 'a\0', ' a', '{', 'a}b {', '\u20ac'])('refuses %j, which no line can hold', (value) => {
    const file = parse('smtp inet n - y - - smtpd\n')
    expect(refusal(() => setOption(file, smtp, { name: 'a', value }))).toBe('BAD_VALUE')
  })

  test.each(['', 'a b', 'a=b', '{a', 'a\n'])('refuses the name %j', (name) => {
    const file = parse('smtp inet n - y - - smtpd\n')
    expect(refusal(() => setOption(file, smtp, { name, value: 'x' }))).toBe('BAD_VALUE')
  })

  test('refuses a malformed entry with the position of the error, and a missing one', () => {
    const file = parse('# head\nsmtp inet n - y - -1 smtpd\n')
    expect(() => setOption(file, smtp, filter)).toThrowError(
      expect.objectContaining({ code: 'BAD_MAXPROC', line: 2, column: 19 }),
    )
    expect(refusal(() => setOption(file, { service: 'x', type: 'unix' }, filter))).toBe('SERVICE_MISSING')
  })
})

describe('unsetting an option', () => {
  test.each([
    ['every one of that name', '  -o a=1\n  -o b=2\n  -o a=3\n', '  -o b=2\n'],
    ['a comment above it stays', '  -o b=2\n# about a\n  -o a=1\n', '  -o b=2\n# about a\n'],
    ['a comment between -o and the rest stays', '  -o\n# why\n  a=1\n', '# why\n'],
    ['its neighbours on the line stay', '  -o a=1 -o b=2\n', '  -o b=2\n'],
    ['its neighbours on the line stay, before it', '  -o b=2   -o a=1  \n', '  -o b=2  \n'],
    ['flags of the same word stay', '  -voa=1 -vDo a=2\n', '  -v -vD\n'],
    ['in braces over several lines', '  -o { a =\n    1 }\n  -o b=2\n', '  -o b=2\n'],
  ])('%s', (_, before, after) => {
    const head = 'smtp inet n - y - - smtpd\n'
    expect(applyEdits(head + before, unsetOption(parse(head + before), smtp, 'a'))).toBe(head + after)
    // And the same where the file ends without a line end.
    const cut = (text: string): string => (head + text).slice(0, -1)
    expect(applyEdits(cut(before), unsetOption(parse(cut(before)), smtp, 'a'))).toBe(cut(after))
  })

  test('changes bytes of its entry only, and does nothing the second time', () => {
    fc.assert(
      fc.property(target, parameter, ({ text, entry }, name) => {
        fc.pre(!/[\v\f]/.test(text))
        const edits = unsetOption(parse(text), entry, name)
        expectLocal(text, winner(text, entry), edits)
        const after = applyEdits(text, edits)
        expect(unsetOption(parse(after), entry, name)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test('is refused where it would join two words', () => {
    // A form feed continues an entry, but separates no words.
    const file = parse('smtp inet n - y - - smtpd\n  -o a=1\t\n\f-v\n')
    expect(refusal(() => unsetOption(file, smtp, 'a'))).toBe('BAD_VALUE')
  })

  test('of a service that is not there does nothing', () => {
    expect(unsetOption(parse(''), smtp, 'a')).toEqual([])
  })
})

describe('setting a field', () => {
  test('changes that word only, and nothing the second time', () => {
    const values = { private: 'n', unprivileged: 'n', chroot: 'y', wakeup: '300?', maxproc: '7', command: 'spawn' }
    fc.assert(
      fc.property(target, fc.constantFrom(...FIELDS), ({ text, entry }, field) => {
        const found = winner(text, entry)
        const edits = setField(parse(text), entry, field, values[field])
        expectLocal(text, found, edits)
        const word = found.words[FIELDS.indexOf(field) + 2]
        const whole = { offset: word?.offset, length: word?.length, text: values[field] }
        expect(edits).toEqual(found[field] === values[field] ? [] : [whole])
        expect(setField(parse(applyEdits(text, edits)), entry, field, values[field])).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['private', '-'],
    ['chroot', 'yes'],
    ['wakeup', '60s'],
    ['maxproc', ''],
    ['command', 'smtpd -v'],
    ['command', 'a\nb'],
    ['command', '-'],
    ['command', '\u20ac'],
  ] as const)('refuses %s=%j', (field, value) => {
    const file = parse('smtp inet n - y - - smtpd\n')
    expect(refusal(() => setField(file, smtp, field, value))).toBe('BAD_VALUE')
  })
})
