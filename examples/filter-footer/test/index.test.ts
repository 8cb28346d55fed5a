import { contract, message, run } from '@candy/sdk/testing'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { filter } from '../src/index.js'
import { options } from '../src/options.js'
import { FOOTER, footed, makeFilter } from './footed.js'

contract({ test, filter, options: { text: FOOTER }, dropIn: new URL('../filters.d/80-footer.toml', import.meta.url) })

const part = (type: string, body: string) => `Content-Type: ${type}\n\n${body}\n`
const multipart = (subtype: string, boundary: string, ...parts: string[]) =>
  part(
    `multipart/${subtype}; boundary=${boundary}`,
    `${parts.map((one) => `--${boundary}\n${one}`).join('')}--${boundary}--`,
  )
const PLAIN = part('text/plain', 'hello')
const HTML = part('text/html', '<html><body>hello</body></html>')
const PLAIN_FOOTED = part('text/plain', `hello\n\n${FOOTER}\n`)
const HTML_FOOTED = part('text/html', `<html><body>hello\n<p>${FOOTER}</p>\n</body></html>`)
const PICTURE = part('image/png', 'PNG')

describe('the footer is put', () => {
  test.each([
    ['under a text', PLAIN, PLAIN_FOOTED.slice(0, -1)],
    ['under a text without a MIME header', 'Subject: hi\n\nhello\n', `Subject: hi\n\nhello\n\n${FOOTER}\n`],
    ['under a text without an end of line', 'Subject: hi\n\nhello', `Subject: hi\n\nhello\n\n${FOOTER}\n`],
    ['into HTML, in front of the end of its body', HTML, HTML_FOOTED],
    ['behind HTML that has no end tag', part('text/html', '<p>hello'), part('text/html', `<p>hello\n<p>${FOOTER}</p>`)],
    [
      'into both alternatives',
      multipart('alternative', 'a', PLAIN, HTML),
      multipart('alternative', 'a', PLAIN_FOOTED, HTML_FOOTED),
    ],
    [
      'into the first part of a mixed one, and not into texts behind it',
      multipart('mixed', 'a', PLAIN, PICTURE, PLAIN),
      multipart('mixed', 'a', PLAIN_FOOTED, PICTURE, PLAIN),
    ],
    [
      'into alternatives in a mixed one, the HTML with its pictures',
      multipart('mixed', 'a', multipart('alternative', 'b', PLAIN, multipart('related', 'c', HTML, PICTURE)), PICTURE),
      multipart(
        'mixed',
        'a',
        multipart('alternative', 'b', PLAIN_FOOTED, multipart('related', 'c', HTML_FOOTED, PICTURE)),
        PICTURE,
      ),
    ],
    [
      'into the text beside a signed part',
      multipart('mixed', 'a', PLAIN, multipart('signed', 'b', PLAIN, PICTURE)),
      multipart('mixed', 'a', PLAIN_FOOTED, multipart('signed', 'b', PLAIN, PICTURE)),
    ],
  ])('%s', async (_, mail, expected) => {
    expect((await footed(mail)).text).toBe(expected)
    expect((await footed(mail, undefined, {}, [])).text).toBe(expected)
  })
})

describe('a message is left alone, every byte,', () => {
  const armored = (kind: string) => `-----BEGIN PGP ${kind}-----\n\nhello\n-----END PGP ${kind}-----`
  const base64 = Buffer.from(armored('MESSAGE')).toString('base64')
  test.each([
    ['that is signed', multipart('signed; protocol="application/pgp-signature"', 'a', PLAIN, PICTURE), 'no text'],
    ['that is encrypted', multipart('encrypted', 'a', PICTURE, PICTURE), 'no text'],
    ['that is S/MIME', part('application/pkcs7-mime; smime-type=enveloped-data', 'MIIB'), 'no text'],
    ['whose text is signed in itself', part('text/plain', armored('SIGNED MESSAGE')), 'signed or encrypted'],
    [
      'one of whose texts is',
      multipart('alternative', 'a', part('text/plain', armored('MESSAGE')), HTML),
      'signed or encrypted',
    ],
    ['whose text is, in base64', `Content-Transfer-Encoding: base64\n\n${base64}\n`, 'signed or encrypted'],
    ['whose first part is signed', multipart('mixed', 'a', multipart('signed', 'b', PLAIN, PICTURE), PLAIN), 'no text'],
    ['with a DKIM signature', `DKIM-Signature: v=1\n${PLAIN}`, 'signed'],
    ['with an ARC seal', `arc-seal: i=1\n${PLAIN}`, 'signed'],
    ['that is a report', multipart('report', 'a', PLAIN, PICTURE), 'no text'],
    ['that is a picture', PICTURE, 'no text'],
    ['whose text is an attachment', `Content-Disposition: attachment\n${PLAIN}`, 'no text'],
    ['that holds another message', part('message/rfc822', PLAIN), 'no text'],
    ['that has no body', 'Subject: hi\n', 'no text'],
    ['that is empty', '', 'no text'],
    ['whose charset is no ASCII', part('text/plain; charset=utf-16', 'h\0i\0'), 'charset utf-16'],
    ['whose encoding nobody knows', `Content-Transfer-Encoding: x-uuencode\n${PLAIN}`, 'encoding x-uuencode'],
    [
      'whose base64 is cut short',
      'Content-Transfer-Encoding: base64\n\naGVsbG8\n',
      'base64 that does not come out even',
    ],
    [
      'whose base64 goes on',
      'Content-Transfer-Encoding: base64\n\naGVsbG8=\naGVs\n',
      'base64 that does not come out even',
    ],
    [
      'that ends within the header of a part',
      'Content-Type: multipart/mixed; boundary=a\n\n--a\nX: y\n--a\n\nhello\n--a--\n',
      'its MIME structure is broken',
    ],
    ['that has a line beyond reason', `${PLAIN}${'x'.repeat(70_000)}`, 'it has a line of more than 65536 bytes'],
    [
      'of more parts than anybody reads',
      multipart('alternative', 'a', ...Array.from({ length: 1001 }, () => PLAIN)),
      'Error: Max allowed child nodes exceeded',
    ],
  ])('%s', async (_, mail, reason) => {
    const { verdict, text, reason: why } = await footed(mail, undefined, {}, [4096])
    expect(why).toBe(reason)
    expect(text).toBe(mail)
    expect(verdict).not.toHaveProperty('content')
  })
})

test('of two alternatives one that cannot hold the footer does not keep it from the other', async () => {
  const utf16 = part('text/plain; charset=utf-16', 'h\0i\0')
  const { text } = await footed(multipart('alternative', 'a', utf16, HTML))
  expect(text).toBe(multipart('alternative', 'a', utf16, HTML_FOOTED))
})

test('only the listed domains get a footer, whatever the case of their letters', async () => {
  const settings = { text: FOOTER, domains: ['Example.com'] }
  expect((await footed(PLAIN, settings, { sender: 'ann@EXAMPLE.com' })).text).toContain(FOOTER)
  expect((await footed(PLAIN, settings, { sender: 'ann@sub.example.com' })).reason).toBe('sender')
  expect((await footed(PLAIN, settings, { sender: '' })).reason).toBe('sender')
})

test('a message that cannot be read is an error, and none that is left alone', async () => {
  const broken = {
    ...message(PLAIN),
    open: async function* () {
      yield Buffer.from(PLAIN)
      throw new Error('disk on fire')
    },
  }
  await expect(run(await makeFilter(), broken)).rejects.toThrow('disk on fire')
})

test.each([
  ['', 'lines of text'],
  ['a\tb', 'lines of text'],
  ['a\r\nb', 'lines of text'],
  ['x'.repeat(79), 'at most 78 characters'],
  [1, 'must be text'],
])('%j is no footer', (text, complaint) => {
  expect(v.safeParse(options, { text }).issues?.[0].message).toContain(complaint)
})
