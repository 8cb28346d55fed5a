/** The Subject field with a mark in front, for mail clients that can sort by nothing else. */
import { editsFault, findHeader, type HeaderEdit, headerValue } from '@candy/sdk'
import { encodeValue, encodeWords } from './encoded-word.js'

/** Bytes of the longest Subject that is looked at: whoever sends the message may write one of megabytes. */
const SUBJECT_LIMIT = 8_192

/**
 * Edits that put `tag` before the first Subject; none when it stands there already. Of several Subject fields, which RFC
 * 5322 section 3.6 forbids, only the first stays; without one, the tag alone becomes the Subject. A Subject too long for a
 * field with the tag in it stays as it is, and there are no edits: whatever the sender wrote, the mail goes on.
 */
export function tagSubject(headers: Uint8Array, tag: string): readonly HeaderEdit[] {
  const field = findHeader(headers, 'Subject')
  if (field !== undefined && field.end - field.start > SUBJECT_LIMIT) return []
  const subject = field === undefined ? '' : headerValue(headers, field)
  // A mark in encoded words brings its own blank: the one after it would not be shown (RFC 2047 section 6.2).
  const mark = /^[\x20-\x7e]*$/.test(tag) ? tag : encodeWords(new TextEncoder().encode(`${tag} `))
  const isMarked = subject.startsWith(mark)
  // Of two Subjects some mail clients show the other one.
  if (isMarked && findHeader(headers, 'Subject', field?.end) === undefined) return []
  const rest = encodeValue(subject)
  const value = isMarked ? rest : rest === '' ? mark : `${mark} ${rest}`
  const edits = [{ remove: 'Subject' }, { add: 'Subject', value }]
  return editsFault(edits) === undefined ? edits : []
}
