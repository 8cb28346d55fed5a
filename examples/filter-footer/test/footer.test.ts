import { collect } from '@candy/sdk'
import { anyChunking, message, run } from '@candy/sdk/testing'
import { array, assert, asyncProperty, constantFrom, integer, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splice } from '../src/splice.js'
import { FOOTER, footed, makeFilter } from './footed.js'

const utf8 = (text: string) => Buffer.from(text).toString('latin1')
const decoded = (base64: string) => Buffer.from(base64, 'base64').toString()

function unquoted(text: string): string {
  const joined = text.replace(/=[ \t]*\n/g, '')
  return joined.replace(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

/** The body as it would be delivered. */
async function body(header: string, text: string, footer = FOOTER): Promise<string> {
  const done = await footed(`${header}\n\n${text}`, { text: footer })
  return done.text.slice(header.length + 2)
}

describe('quoted-printable', () => {
  const header = 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable'

  test.each([
    ['a line', 'caf=C3=A9\n', 'caf=C3=A9\n\nExample Ltd\n'],
    ['a line without end', 'caf=C3=A9', 'caf=C3=A9\n\nExample Ltd\n'],
    ['a line that would be joined with the next', 'hello=\n', 'hello=\n\n\nExample Ltd\n'],
    ['a "=" and nothing behind it', 'hello=', 'hello=\n\n\nExample Ltd\n'],
  ])('goes on below %s', async (_, text, expected) => {
    expect(await body(header, text)).toBe(expected)
  })

  test('is what the footer becomes, in lines of at most 76 characters', async () => {
    const footer = `${'ä='.repeat(39)}\nend `
    const quoted = (await body(header, 'x\n', footer)).slice(3)
    expect(Math.max(...quoted.split('\n').map((line) => line.length))).toBeLessThanOrEqual(76)
    expect(quoted).not.toMatch(/ \n/)
    expect(unquoted(quoted)).toBe(utf8(`${footer}\n`))
  })

  test('of HTML has the footer in front of the end of the body', async () => {
    const html = header.replace('plain', 'html')
    expect(await body(html, '<body>caf=C3=A9</BODY>\n', 'a = "ä"')).toBe(
      '<body>caf=C3=A9\n<p>a =3D "&#228;"</p>\n</BODY>\n',
    )
  })
})

describe('base64', () => {
  const header = 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64'

  test.each(['h', 'he', 'hel', 'hello\r\n', 'x'.repeat(3000)])('of %j goes on below it', async (text) => {
    const wrapped = Buffer.from(text)
      .toString('base64')
      .replace(/.{1,76}/g, '$&\n')
    const after = await body(header, wrapped, 'Büro')
    expect(after).toMatch(/^(([A-Za-z\d+/]{4}){0,19}([A-Za-z\d+/]{2,4}={0,2})?\n)+$/)
    expect(after).not.toMatch(/=[^=\n]/)
    expect(decoded(after)).toBe(`${text.replace(/(?<!\n)$/, '\r\n')}\r\nBüro\r\n`)
  })

  test('keeps the lines it had', async () => {
    const lines = `${Buffer.from('x'.repeat(57)).toString('base64')}\n`.repeat(100)
    expect((await body(header, lines)).slice(0, 99 * 77)).toBe(lines.slice(0, 99 * 77))
  })
})

describe('a charset', () => {
  test.each([
    ['utf-8', '8bit', utf8('Büro €')],
    ['UTF-8', 'quoted-printable', 'B=C3=BCro =E2=82=AC'],
  ])('%s in %s holds every character', async (charset, encoding, expected) => {
    const header = `Content-Type: text/plain; charset=${charset}\nContent-Transfer-Encoding: ${encoding}`
    expect(await body(header, 'hi\n', 'Büro €')).toBe(`hi\n\n${expected}\n`)
  })

  test('iso-8859-1 holds what it has, and no more', async () => {
    const header = 'Content-Type: text/plain; charset=ISO-8859-1\nContent-Transfer-Encoding: 8bit'
    expect(await body(header, 'hi\n', 'Büro')).toBe('hi\n\nB\xfcro\n')
    expect((await footed(`${header}\n\nhi\n`, { text: 'Büro €' })).reason).toBe('charset iso-8859-1')
  })

  test('a part that says it is 7-bit gets no 8-bit characters', async () => {
    const mail = 'Content-Type: text/plain; charset=utf-8\n\nhi\n'
    expect((await footed(mail, { text: 'Büro' })).reason).toBe('8-bit characters in a 7-bit part')
  })

  test('HTML holds every character in any', async () => {
    const header = 'Content-Type: text/html; charset=koi8-r'
    expect(await body(header, '<b>\n', '<Büro> & €\n😀')).toBe(
      '<b>\n<p>&#60;B&#252;ro&#62; &#38; &#8364;<br>\n&#128512;</p>\n',
    )
  })
})

test('flowed text: blanks at the end of a line go, and a beginning that has a meaning gets one', async () => {
  const header = 'Content-Type: text/plain; format=flowed'
  const lines = '-- \nFrom here \n> there\n  and so on'
  expect(await body(header, 'hi \n', lines)).toBe('hi \n\n-- \n From here\n > there\n   and so on\n')
  expect(await body('Content-Type: text/plain', 'hi\n', lines)).toBe(`hi\n\n${lines}\n`)
})

/** Lines that make up MIME structure, in random order. Most of these messages are malformed. */
const line = constantFrom(
  '--a',
  '--a--',
  '--b',
  '--b--',
  '',
  '',
  'text',
  ' folded',
  '\xff\r',
  '\r',
  'x\nX: y',
  'aGVsbG8=',
  'hi=',
  'hi ',
  'Content-Type: multipart/mixed; boundary=a',
  'Content-Type: multipart/alternative; boundary=b',
  'Content-Type: text/html',
  'Content-Type: message/rfc822',
  'Content-Transfer-Encoding: base64',
  'Content-Transfer-Encoding: quoted-printable',
)

test('whatever the message, the verdict is the same in any chunks, and a message without a footer keeps every byte', async () => {
  const judging = await makeFilter()
  const lines = array(line, { maxLength: 40 })
  await assert(
    asyncProperty(lines, array(integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 }), async (text, chunks) => {
      const bytes = Buffer.from(`Content-Type: multipart/mixed; boundary=a\r\n${text.join('\r\n')}`, 'latin1')
      const whole = await run(judging, message(bytes))
      const cut = await run(judging, message(bytes, { chunks }))
      expect(Buffer.from(cut.output ?? [])).toEqual(Buffer.from(whole.output ?? []))
      if (!('content' in whole.verdict)) expect(Buffer.from(whole.output ?? [])).toEqual(bytes)
    }),
    { numRuns: 500 },
  )
})

test('an encoding that is kept loses nothing: without the footer it is the message that came', async () => {
  const judging = await makeFilter()
  await assert(
    asyncProperty(uint8Array({ minLength: 1, maxLength: 200 }), async (text) => {
      const head = Buffer.from('Content-Transfer-Encoding: 8bit\r\n\r\n')
      const { output } = await run(judging, message(Buffer.concat([head, text])))
      const ended = text.at(-1) === 10 ? '' : '\r\n'
      expect(Buffer.from(output ?? [])).toEqual(Buffer.concat([head, text, Buffer.from(`${ended}\r\n${FOOTER}\r\n`)]))
    }),
  )
})

describe('splice', () => {
  test('puts in and takes out, whatever the chunks', async () => {
    const bytes = Buffer.from('0123456789')
    const insertions = [
      { start: 0, end: 0, bytes: Buffer.from('<') },
      { start: 2, end: 5, bytes: Buffer.from('[') },
      { start: 5, end: 5, bytes: Buffer.from(']') },
      { start: 10, end: 10, bytes: Buffer.from('>') },
    ]
    for (const size of [1, 2, 3, 4, 5, 9, 10]) {
      const spliced = splice(anyChunking(bytes, [size]), insertions)
      expect(Buffer.from(await collect(spliced)).toString()).toBe('<01[]56789>')
    }
  })

  test('fails when the bytes end too early', async () => {
    const spliced = splice(anyChunking(Buffer.from('01')), [{ start: 3, end: 3, bytes: Buffer.from('x') }])
    await expect(collect(spliced)).rejects.toThrow('ended at byte 2')
  })
})
