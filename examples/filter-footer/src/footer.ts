/**
 * The footer in the shape of one part: its type, its charset and its transfer encoding (RFC 2045 section 6).
 *
 * It is put in and nothing is put into another encoding, so every byte of the part itself stays. What a part cannot hold without
 * that, it does not get: characters that its charset has not, and 8-bit characters in a part that says it is 7-bit.
 */
import type { TextPart } from './text-part.js'

/** Bytes that stand in the new content where `start` to `end` stood in the message. */
export interface Insertion {
  readonly start: number
  readonly end: number
  readonly bytes: Uint8Array
}

/** The footer for a part; a word on why not, where the part cannot have one. */
export function footer(text: string, part: TextPart): Insertion | string {
  const { node, end, tail, ending } = part
  const html = node.contentType === 'text/html'
  const charset = String(node.charset || 'us-ascii').toLowerCase()
  const plain = encoded(html ? asHtml(text) : asPlain(text, node.flowed), charset)
  if (plain === undefined) return `charset ${charset}`
  switch (node.encoding) {
    case 'base64': {
      if (part.ragged) return 'base64 that does not come out even'
      // The last digits may be filled up with "=", and behind that nothing is read.
      const digits = /(?:[A-Za-z\d+/=][^A-Za-z\d+/=]*){4}$/.exec(tail.toString('latin1'))
      if (digits === null) return 'base64 that does not end'
      const whole = Buffer.concat([Buffer.from(digits[0], 'base64'), lineBreak(ending), plain])
      const lines = whole.toString('base64').replace(/.{1,76}/g, '$&\r\n')
      return { start: end - tail.length + digits.index, end, bytes: Buffer.from(`\r\n${lines}`) }
    }
    case 'quoted-printable': {
      const at = place(part, html)
      const before = tail.subarray(0, tail.length - (end - at)).toString('latin1')
      // A "=" at the end of a line joins it with the next (RFC 2045 section 6.7, rule 5).
      const joined = /=[ \t]*(\r\n)?$/.exec(before)
      const ended = joined === null ? lineBreak(before) : Buffer.from(joined[1] === undefined ? '\r\n\r\n' : '\r\n')
      return { start: at, end: at, bytes: Buffer.concat([ended, quotedPrintable(plain)]) }
    }
    case '7bit':
    case '':
    case '8bit': {
      if (node.encoding !== '8bit' && plain.some((byte) => byte > 127)) return '8-bit characters in a 7-bit part'
      const at = place(part, html)
      const before = tail.subarray(0, tail.length - (end - at)).toString('latin1')
      return { start: at, end: at, bytes: Buffer.concat([lineBreak(before), plain]) }
    }
    default:
      return `encoding ${node.encoding}`
  }
}

/** At the end; in HTML in front of the body's end tag, if it is near. Readers show what stands behind it as well. */
function place({ end, tail }: TextPart, html: boolean): number {
  const tag = html ? tail.toString('latin1').toLowerCase().lastIndexOf('</body') : -1
  return tag === -1 ? end : end - tail.length + tag
}

function lineBreak(before: string): Buffer {
  return Buffer.from(before.endsWith('\n') ? '' : '\r\n')
}

/** Below an empty line. In flowed text blanks at the end of a line have a meaning, and some beginnings need one (RFC 3676). */
function asPlain(text: string, flowed: boolean): string {
  const lines = text.split('\n')
  const stuffed = lines.map((line) => (line === '-- ' ? line : line.trimEnd().replace(/^(?= |>|From )/, ' ')))
  return ['', ...(flowed ? stuffed : lines), ''].join('\r\n')
}

/** ASCII whatever the text: other characters are written as their numbers, which no charset changes. */
function asHtml(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/[&<>]|[^\x20-\x7e]/gu, (one) => `&#${one.codePointAt(0)};`))
  return `<p>${lines.join('<br>\r\n')}</p>\r\n`
}

const ASCII_INSIDE =
  /^(us-ascii|utf-8|iso-8859-\d+|windows-125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|euc-(jp|kr)|shift_jis|iso-2022-(jp|kr))$/

function encoded(text: string, charset: string): Buffer | undefined {
  if (charset === 'utf-8') return Buffer.from(text)
  if (/^[\0-\x7f]*$/.test(text)) return ASCII_INSIDE.test(charset) ? Buffer.from(text) : undefined
  return charset === 'iso-8859-1' && /^[\0-\x7f\xa0-\xff]*$/.test(text) ? Buffer.from(text, 'latin1') : undefined
}

/** RFC 2045 section 6.7: lines of at most 76 characters, no blank at the end of one, no escape cut in two. */
function quotedPrintable(bytes: Buffer): Buffer {
  const lines = bytes.toString('latin1').split('\r\n')
  const quoted = lines.map((line) => line.replace(/[^\x20-\x3c\x3e-\x7e]| $/g, escaped))
  return Buffer.from(quoted.map((line) => (line.match(/.{1,75}(?<!=.?)/g) ?? []).join('=\r\n')).join('\r\n'))
}

function escaped(character: string): string {
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
