/**
 * Messages that are odd where smtpd(8) and cleanup(8) put things right: they have to become the same thing before a filter sees them
 * and after. A message is sent as it stands here, so what no client may send is in it, too.
 */
import fc from 'fast-check'
import { EICAR } from './clamd.js'
import { SEED } from './seed.js'
import { GTUBE } from './spamd.js'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const HEAD = 'From: <a@example.org>\r\nTo: <b@example.net>\r\nMessage-ID: <x@example.org>\r\n'
const base64 = Buffer.from(EICAR).toString('base64')
const long = (size: number): string => `${'x'.repeat(size)}\r\n`
const part = (header: string, body: string): string => `--b\r\n${header}\r\n${body}\r\n`
const multipart = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'

/** Viruses that a scanner misses where it is shown another message than its reader. */
export const DISGUISED: Readonly<Record<string, Buffer>> = {
  'no empty line before the body': latin1(
    `${HEAD}Content-Type: application/octet-stream; name=v.com\r\nContent-Transfer-Encoding: base64\r\n${base64}\r\n`,
  ),
  'text before the empty line': latin1(`${HEAD}Content-Transfer-Encoding: base64\r\n*** !!!\r\n\r\n${base64}\r\n`),
  'a bad field name': latin1(`${HEAD}Content-Transfer-Encoding: base64\r\nbad name: x\r\n${base64}\r\n`),
  'a virus as the first line that is no field': latin1(`${HEAD}${EICAR}\r\n`),
  'blanks before the colon in the header of a part': latin1(
    `${HEAD}${multipart}${part('Content-Type : application/octet-stream\r\nContent-Transfer-Encoding\t: base64\r\n', base64)}--b--\r\n`,
  ),
  'a NUL behind the encoding of a part': latin1(
    `${HEAD}${multipart}${part('Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\0x\r\n', base64)}--b--\r\n`,
  ),
}

export const UNSEPARATED_SPAM: Buffer = latin1(
  `${HEAD}Subject: s\r\nDate: Fri, 27 Nov 2026 11:00:00 +0000\r\n${GTUBE}\r\n`,
)

export const ODD: Readonly<Record<string, Buffer>> = {
  ...DISGUISED,
  'spam without an empty line': UNSEPARATED_SPAM,
  'no blank after the colon': latin1('X:a\r\nY:\tb\r\nZ:   c\r\n\r\nbody\r\n'),
  'blanks before the colon': latin1('X : a\r\nSubject \t: b\r\n\r\nbody\r\n'),
  'a folded field, and folds of blanks': latin1('X: a\r\n b\r\n \r\n\t\r\nX-Fold:\r\n v\r\n\r\nbody\r\n'),
  'a line of one blank after the header': latin1(`${HEAD} \r\nbody\r\n`),
  'empty values': latin1('X:\r\nY: \r\n\r\nbody\r\n'),
  'fields of one name in different case': latin1('X: 1\r\nx: 2\r\nX: 3\r\nReceived: by mx.example.org\r\n\r\nbody\r\n'),
  'an 8-bit name': latin1('X: 1\r\nX\xe9: 2\r\nY: 3\r\n\r\nbody\r\n'),
  '8-bit values': latin1('Subject: caf\xe9\r\nX: \u00c3\u00a9\r\n\r\ncaf\xe9\r\n'),
  'a NUL in the body': latin1('X: 1\r\n\r\na\0b\r\n\0\r\n'),
  'a NUL in the header': latin1('X: a\0b\r\nY: c\r\n \0d\r\n e\0\r\nZ\0: f\r\n\r\nbody\r\n'),
  'a bare CR': latin1('Subject: hello\rX-Injected: yes\r\nX: a\r\r\n\r\nbo\rdy\r\r\n'),
  'a bare LF': latin1('Subject: hello\nX-Injected: yes\n more\r\n\r\nbo\ndy\r\n'),
  'no body': latin1('X: 1\r\n\r\n'),
  'no empty line and no body': latin1('X: 1\r\n'),
  'nothing at all': latin1(''),
  'no header': latin1('\r\nbody\r\n'),
  'text alone': latin1('this is no header\r\nX: 1\r\n\r\nbody\r\n'),
  'a line in the header that is no field': latin1('X: 1\r\nnot a field\r\nY: 2\r\n\r\nbody\r\n'),
  'From at the very start': latin1('From me Mon Jan  1 00:00:00 2024\r\nX: 1\r\n\r\nbody\r\n'),
  'From twice at the very start': latin1('From me\r\n>From you\r\nX: 1\r\n\r\nbody\r\n'),
  '>From at the very start': latin1('>>From me\r\n more\r\nX: 1\r\n\r\nbody\r\n'),
  'From in the header': latin1('X: 1\r\nFrom me\r\nY: 2\r\n\r\nbody\r\n'),
  'a continuation at the very start': latin1(' folded\r\nX: 1\r\n\r\nbody\r\n'),
  'long lines in the body': latin1(`X: 1\r\n\r\n${[5000, 2049, 2048, 2047, 998].map(long).join('')}`),
  'long lines in the header': latin1(
    `X: ${long(5000)}Y: ${long(2048 - 3)}Z: ${long(2047 - 3)} ${long(2047)}\r\nbody\r\n`,
  ),
  'a name longer than a record': latin1(`X: 1\r\n${'n'.repeat(2047)}: a\r\n${'n'.repeat(2048)}: b\r\n\r\nbody\r\n`),
  'NULs in every record of a long line': latin1(`X: ${'abc\0'.repeat(2000)}\r\nY: 1\r\n\r\nbody\r\n`),
  'a field of 150 kB in one line': latin1(`X: ${long(150_000)}Y: 1\r\n\r\nbody\r\n`),
  'a field of 150 kB in many lines': latin1(`X: a\r\n${` ${'y'.repeat(70)}\r\n`.repeat(2100)}Y: 1\r\n\r\nbody\r\n`),
  'a field of 150 kB in three lines': latin1(
    `X: a\r\n ${long(60_000)} ${long(60_000)} ${long(30_000)}Y: 1\r\n\r\nbody\r\n`,
  ),
  'lines of dots, and blanks at their ends': latin1('.X: 1\r\n\r\n.\r\n..\r\n...\r\n. \t \r\n\r\n\r\n'),
  'fields that Postfix removes': latin1(
    'Bcc: a@example.org\r\n more\r\nReturn-Path: <x>\r\nContent-Length: 5\r\nResent-Bcc: <x>\r\nX-Bcc: 1\r\n\r\nbody\r\n',
  ),
  'a part with a field that Postfix would remove': latin1(
    `${multipart}${part('Bcc: a\r\nX : 1\r\n', 'text')}--b--\r\nX : 2\r\n`,
  ),
  'a part without an empty line': latin1(`${multipart}${part('X : 1\r\nno field', 'X : 2\r\n\r\nX : 3')}--b--\r\n`),
  'a part whose field is too long': latin1(`${multipart}${part(`X: ${long(150_000)}Y: 1\r\n`, 'text')}--b--\r\n`),
  'messages in messages': latin1(
    `Content-Type: message/rfc822\r\n\r\nContent-Type : message/rfc822\r\n\r\nX : 1\r\nBcc : 2\r\n\r\nX : 3\r\n`,
  ),
  'a digest': latin1(
    `Content-Type: multipart/digest; boundary=b\r\n\r\n${part('', 'X : 1\r\n\r\nX : 2')}${part('Content-Type: application/x\r\n', 'X : 3\r\n\r\n')}--b--\r\n`,
  ),
  'boundaries in comments and quotes': latin1(
    `Content-Type: (c(d)) multipart (e) /mixed; x="boundary=no"; boundary="b\\"\r\n  c" (f); BOUNDARY=d\r\n\r\n--b" c\r\nX : 1\r\n\r\n--d--\r\nX : 2\r\n--b" c-- and more\r\nX : 3\r\n`,
  ),
  'an empty boundary': latin1(
    'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\nX : 0\r\n--x\r\nX : 1\r\n\r\n----\r\nX : 2\r\n',
  ),
  'a boundary longer than a record': latin1(
    `Content-Type: multipart/mixed; boundary=${'b'.repeat(2100)}\r\n\r\n--${'b'.repeat(2100)}\r\nX : 1\r\n\r\n--${'b'.repeat(2046)}\r\nX : 2\r\n`,
  ),
  'a field behind a long delimiter line': latin1(
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b${'c'.repeat(2045)}Y : 1\r\nX : 1\r\n\r\nX : 2\r\n--b${'c'.repeat(2046 - 1)}\r\nX : 3\r\n`,
  ),
  'parts within parts, deeper than anybody looks': latin1(
    `${Array.from({ length: 110 }, (_, n) => `Content-Type: multipart/mixed; boundary=n${n}.\r\n\r\n--n${n}.\r\n`).join('')}X : 1\r\n\r\n--n50.\r\nX : 2\r\n`,
  ),
  'a type given twice': latin1(
    `Content-Type: multipart/mixed; boundary=b\r\nContent-Type: text/plain\r\n\r\n--b\r\nX : 1\r\n\r\n--b--\r\n`,
  ),
}

/** Lines that mean something to cleanup(8), and some of about the length that is as much as it takes at once. */
const lines = (longest: number): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'A: 1',
        'Subject : x',
        'Bcc: b',
        'To\t:a\0b',
        ' more',
        '\t',
        'X:',
        'From me',
        '>From me',
      ),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'Content-Type: multipart/mixed; boundary=b',
        'Content-Type : multipart/digest; boundary="b b" (c)',
        'Content-Type: message/rfc822',
        'content-type: text/plain',
        ' boundary=bb',
        ' ; boundary=c',
      ),
    },
    { weight: 3, arbitrary: fc.constantFrom('--b', '--b--', '--b b', '--bb', '--', '---b', '-', '--c--', '--bA : 1') },
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.integer({ min: longest - 8, max: longest + 8 }).map((size) => `A:${'y'.repeat(size)}`) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: longest - 18, max: longest + 8 }).map((size) => `--b${'y'.repeat(size)}Z : 1`),
    },
    {
      weight: 3,
      arbitrary: fc.string({
        unit: fc.constantFrom('a', 'B', ':', ' ', '-', '\0', '\xe9', '\t', '\r', '"', ';'),
        maxLength: 40,
      }),
    },
  )
/** Messages made of what is odd, as Latin-1. */
export function oddMessages(longest: number): fc.Arbitrary<string> {
  const ends = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n')
  return fc
    .tuple(fc.array(fc.tuple(lines(longest), ends), { maxLength: 24 }), fc.constantFrom('', 'no line end'))
    .map(([parts, last]) => parts.map((line) => line.join('')).join('') + last)
}

/** The same each time; lines are about as long as a record (line_length_limit in postconf(5)). */
export function drawOdd(count: number): readonly Buffer[] {
  return fc.sample(oddMessages(2_048), { numRuns: count, seed: SEED }).map(latin1)
}
