import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addService, applyEdits, commentOut, parse, printService, removeService, type Service } from '../src/index.js'
import { anyBytes, soup, value, wellFormed } from './arbitrary.js'

const reinject: Service = {
  service: 'candy-back',
  type: 'unix',
  private: 'n',
  chroot: 'n',
  command: 'smtpd',
  options: [
    { name: 'content_filter', value: '' },
    { name: 'mynetworks', value: '127.0.0.0/8, [::1]/128' },
  ],
}
const anyText = fc.oneof(anyBytes, soup, wellFormed)

describe('adding a service', () => {
  test('writes the columns of the stock file, one line for each option and one for the arguments', () => {
    expect(printService({ ...reinject, flags: ['-v'], args: ['flags=R', 'a b'] })).toBe(
      [
        'candy-back unix  n       -       n       -       -       smtpd -v',
        '  -o content_filter=',
        '  -o { mynetworks = 127.0.0.0/8, [::1]/128 }',
        '  flags=R {a b}',
        '',
      ].join('\n'),
    )
  })

  test('leaves every byte of any file in its place, ends with a line end, and is read as the same service', () => {
    fc.assert(
      fc.property(anyText, fc.array(value), (text, args) => {
        const service = { ...reinject, args: args.filter((arg) => arg !== '' && !arg.startsWith('-')) }
        const after = applyEdits(text, addService(parse(text), service))
        expect(after.startsWith(text)).toBe(true)
        expect(after.endsWith('\n')).toBe(true)
        const last = parse(after).entries.at(-1)
        expect(last).toMatchObject({ service: 'candy-back', type: 'unix', problems: [], args: service.args })
        expect(parse(after).entries.length).toBe(parse(text).entries.length + 1)
        expect(addService(parse(after), service)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test('and removing it restores the bytes, also where the file had no final line end', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const finalNewline = text === '' || text.endsWith('\n')
        const second = { ...reinject, service: 'candy-2' }
        const one = applyEdits(text, addService(parse(text), reinject))
        const two = applyEdits(one, addService(parse(one), second))
        const less = applyEdits(two, removeService(parse(two), reinject, { finalNewline }))
        expect(applyEdits(less, removeService(parse(less), second, { finalNewline }))).toBe(text)
      }),
      { numRuns: 200 },
    )
  })

  test('a line end is added to a file without one, in its own style', () => {
    const after = applyEdits('a\r\n# b', addService(parse('a\r\n# b'), { service: 'x', type: 'unix', command: 'y' }))
    expect(after).toBe('a\r\n# b\r\nx         unix  -       -       -       -       -       y\r\n')
  })

  test('of another definition than the one that is there is refused with its line', () => {
    const file = parse('#\ncandy-back unix n - n - - lmtp\n')
    expect(() => addService(file, reinject)).toThrowError(expect.objectContaining({ code: 'SERVICE_EXISTS', line: 2 }))
  })

  test.each<Partial<Service>>([
    { service: '#candy' },
    { service: ' candy' },
    { service: '' },
    { type: 'tcp' },
    { type: 'inet', private: 'y' },
    { command: 'smtpd -v' },
    { args: ['-v'] },
    { args: ['a\n b'] },
    { args: ['{'] },
    { flags: ['-o'] },
    { options: [{ name: 'a b', value: '' }] },
    { service: '\u20ac' },
  ])('that no entry can express is refused: %j', (part) => {
    expect(() => printService({ ...reinject, ...part })).toThrowError(expect.objectContaining({ code: 'BAD_VALUE' }))
  })
})

describe('removing a service', () => {
  test('removes all its entries with the comments inside them, and nothing around them', () => {
    const text = '# a\na unix - - n - - x\n# in\n  -v\n# b\nb unix - - n - - x\na unix - - n - - y'
    const after = applyEdits(text, removeService(parse(text), { service: 'a', type: 'unix' }))
    expect(after).toBe('# a\n# b\nb unix - - n - - x\n')
    expect(removeService(parse(after), { service: 'a', type: 'unix' })).toEqual([])
  })

  test('keeps a line end that something follows', () => {
    const text = 'a unix - - n - - x\nb unix - - n - - x\nc unix - - n - - x\n'
    const edits = removeService(parse(text), { service: 'b', type: 'unix' }, { finalNewline: false })
    expect(applyEdits(text, edits)).toBe('a unix - - n - - x\nc unix - - n - - x\n')
  })

  test('refuses when one of its entries is malformed', () => {
    const file = parse('a unix - - n - - x\na unix\n')
    for (const edit of [removeService, commentOut]) {
      expect(() => edit(file, { service: 'a', type: 'unix' })).toThrowError(
        expect.objectContaining({ code: 'MISSING_FIELD', line: 2 }),
      )
    }
  })
})

describe('commenting a service out', () => {
  test('puts a # before each of its text lines, after which it is listed as disabled', () => {
    const text = 'a unix - - n - - x\n# in\n\n  -v\nb unix - - n - - x'
    const after = applyEdits(text, commentOut(parse(text), { service: 'a', type: 'unix' }))
    expect(after).toBe('#a unix - - n - - x\n# in\n\n#  -v\nb unix - - n - - x')
    expect(parse(after).disabled).toMatchObject([{ service: 'a', type: 'unix', line: 1 }])
    expect(commentOut(parse(after), { service: 'a', type: 'unix' })).toEqual([])
  })
})
