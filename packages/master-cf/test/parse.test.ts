import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findService, findServices, type MasterCf, parse, print } from '../src/index.js'
import { anyBytes, soup, wellFormed } from './arbitrary.js'

const anyText = fc.oneof(anyBytes, soup, wellFormed)
const codes = (file: MasterCf): string[] => file.problems.map(({ code, line, column }) => `${code} ${line}:${column}`)

describe('nothing is lost', () => {
  test('printing what was parsed gives the same bytes, whatever they are', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(print(parse(text))).toBe(text)
      }),
      { numRuns: 200 },
    )
  })

  test('every entry, word and option is at the position of its span', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const entry of parse(text).entries) {
          expect(text.slice(entry.offset, entry.offset + entry.length)).toBe(entry.source)
          for (const word of entry.words) {
            const source = text.slice(word.offset, word.offset + word.length)
            // A word within a fold loses line ends, and comments between them, and nothing else.
            if (source.includes('\n')) expect(source.startsWith(word.text[0] ?? '')).toBe(true)
            else expect(source).toBe(word.text)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  test('malformed files of a megabyte are read in linear time', () => {
    const head = 'smtp inet n - y - - smtpd '
    expect(codes(parse(`${head}${'{ '.repeat(500_000)}`))).toEqual(['UNCLOSED_BRACE 1:27'])
    expect(parse(`${head}${'\n -o a'.repeat(170_000)}`).problems).toHaveLength(170_000)
    expect(parse(`${head}${'\n'.repeat(1_000_000)}  -v`).entries[0]?.flags).toEqual(['-v'])
    expect(parse(' a\n'.repeat(300_000)).problems).toHaveLength(300_000)
    expect(parse('a b\n'.repeat(100_000)).problems).toHaveLength(100_000)
  })
})

describe('entries', () => {
  test('comments and blank lines inside an entry do not end it, and belong to it', () => {
    const file = parse('smtp inet n - y - - smtpd\n# why\n\n  -o a=b\n\n# next\nqmgr unix n - n 300 1 qmgr\n')
    expect(file.entries.map(({ service, line, source }) => [service, line, source])).toEqual([
      ['smtp', 1, 'smtp inet n - y - - smtpd\n# why\n\n  -o a=b\n'],
      ['qmgr', 7, 'qmgr unix n - n 300 1 qmgr\n'],
    ])
    expect(file.entries[0]?.options).toMatchObject([{ name: 'a', value: 'b' }])
  })

  test('options are read in each form, within their span', () => {
    const text = 'a unix - - n - - smtpd -v -o a=b -o { c = d e } -of=g -o{ h = i } -vok=l -- x {y z}\n'
    const [entry] = parse(text).entries
    expect(entry?.options.map(({ name, value }) => `${name}=${value}`)).toEqual(['a=b', 'c=d e', 'f=g', 'h=i', 'k=l'])
    expect(entry?.options.map(({ offset, length }) => text.slice(offset, offset + length))).toEqual([
      '-o a=b',
      '-o { c = d e }',
      '-of=g',
      '-o{ h = i }',
      'ok=l',
    ])
    expect(entry?.flags).toEqual(['-v', '-v'])
    expect(entry?.args).toEqual(['--', 'x', 'y z'])
  })

  test('the last of several entries of a service is the one that counts', () => {
    const file = parse('a unix - - n - - smtpd\na inet n - n - - smtpd\na unix - - n - - lmtp\n')
    expect(findService(file, { service: 'a', type: 'unix' })?.command).toBe('lmtp')
    expect(findServices(file, { service: 'a', type: 'unix' })).toHaveLength(2)
    expect(findService(file, { service: 'b', type: 'unix' })).toBeUndefined()
  })

  test('a service that is commented out is told from prose and from headings', () => {
    const text = [
      '# service type  private unpriv  chroot  wakeup  maxproc command + args',
      '#               (yes)   (yes)   (no)    (never) (100)',
      '#smtp      inet  n       -       y       -       1       postscreen',
      '# smtpd     pass  -       -       y       -       -       smtpd\r',
      '#  -o syslog_name=postfix/submission',
      '# the mail inet n - y - - is no service',
    ].join('\n')
    expect(parse(text).disabled).toMatchObject([
      { service: 'smtp', type: 'inet', line: 3 },
      { service: 'smtpd', type: 'pass', line: 4 },
    ])
  })

  test('bytes that are no UTF-8, and a per cent sign, are part of their word', () => {
    const [entry] = parse('x%\xff unix - - n - - smtpd -o a=\xe9%20\n').entries
    expect(entry?.service).toBe('x%\xff')
    expect(entry?.options[0]?.value).toBe('\xe9%20')
  })
})

describe('problems', () => {
  test.each([
    ['  -o a=b\nsmtp inet n - y - - smtpd\n', 'LEADING_BLANK 1:1'],
    ['smtp inet n - y -\n', 'MISSING_FIELD 1:17'],
    ['smtp tcp n - y - - smtpd\n', 'BAD_TYPE 1:6'],
    ['[::1] inet n - y - - smtpd\n', 'BAD_ADDRESS 1:1'],
    ['::1: inet n - y - - smtpd\n', 'BAD_ADDRESS 1:1'],
    ['25a inet n - y - - smtpd\n', 'BAD_ADDRESS 1:1'],
    ['smtp inet n yes y - - smtpd\n', 'BAD_BOOLEAN 1:13'],
    ['smtp inet - - y - - smtpd\n', 'INET_PRIVATE 1:11'],
    ['smtp inet n - y\n  # why\n  60s - smtpd\n', 'BAD_WAKEUP 3:3'],
    ['smtp inet n - y - -1 smtpd\n', 'BAD_MAXPROC 1:19'],
    ['smtp inet n - y - - -\n', 'BAD_COMMAND 1:21'],
    ['smtp inet n - y - - {smtpd}\n', 'BRACE_IN_FIELD 1:21'],
    ['smtp inet n - y - - smtpd -o\n', 'BAD_OPTION 1:27'],
    ['smtp inet n - y - - smtpd -o ab\n', 'BAD_OPTION 1:30'],
    ['smtp inet n - y - - smtpd -o { = b }\n', 'BAD_OPTION 1:30'],
    ['smtp inet n - y - - smtpd -o { a = b\n  -o c=d\n', 'UNCLOSED_BRACE 1:30'],
    ['smtp inet n - y - - smtpd -o a={b\n', 'UNCLOSED_BRACE 1:30'],
    ['smtp inet n - y - - smtpd -o {a=b}c\n', 'TEXT_AFTER_BRACE 1:30'],
    ['x unix - - y - - pipe a {b}c\n', 'TEXT_AFTER_BRACE 1:25'],
    ['smtp inet n - y - - smtpd\0 -v\n', 'NUL_BYTE 1:26'],
  ])('%j has %s', (text, problem) => {
    const file = parse(text)
    expect(codes(file)).toEqual([problem])
    expect(print(file)).toBe(text)
  })

  test('of one entry do not touch the others', () => {
    const file = parse('a b\nsmtp inet n - y - - smtpd\n')
    expect(findService(file, { service: 'smtp', type: 'inet' })?.problems).toEqual([])
  })
})
