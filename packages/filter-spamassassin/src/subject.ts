/** The Subject field with a mark in front, for mail clients that can sort by nothing else. */
import { addHeader, type HeaderEdit, parseHeaders, removeHeader } from '@candy/sdk'
import { encodeValue, encodeWords } from './encoded-word.js'

/**
 * Edits that put `tag` before the first Subject; none when it stands there already. Of several Subject fields, which RFC
 * 5322 section 3.6 forbids, only the first stays; without one, the tag alone becomes the Subject.
 */
export function tagSubject(headers: Uint8Array, tag: string): readonly HeaderEdit[] {
  const field = parseHeaders(headers).find(({ name }) => name.toLowerCase() === 'subject')
  const subject = field === undefined ? '' : unfold(Buffer.from(headers.slice(field.start, field.end)))
  // A mark in encoded words brings its own blank: the one after it would not be shown (RFC 2047 section 6.2).
  const mark = /^[\x20-\x7e]*$/.test(tag) ? tag : encodeWords(new TextEncoder().encode(`${tag} `))
  if (subject.startsWith(mark)) return []
  return [removeHeader('Subject'), addHeader('Subject', subject === '' ? mark : `${mark} ${encodeValue(subject)}`)]
}

/** The field's value on one line, as Latin-1, so that no byte is lost (RFC 5322 section 2.2.3). */
function unfold(field: Buffer): string {
  const text = field.toString('latin1')
  return text
    .slice(text.indexOf(':') + 1)
    .replace(/\r\n/g, '')
    .replace(/^[ \t]+|[ \t]+$/g, '')
}
