/** Puts a tag in front of the Subject, for mail clients that cannot filter by another header field. */
import { editsProblem, findHeader, type HeaderEdit, headerValue } from '@candy/sdk'
import { encodeValue, encodeWords } from './encoded-word.js'

/** In bytes. Longer Subject fields are left alone: a sender may write one of megabytes. */
const MAX_SUBJECT = 8_192

/**
 * Edits that put `tag` in front of the Subject. No edits if the only Subject already starts with it. Of several Subject
 * fields (RFC 5322 section 3.6 forbids them), the edits keep the first. A message without Subject gets the tag as its Subject.
 * No edits either if the Subject with the tag is too long for a header field: the message is delivered with the sender's.
 *
 * The edits also encode a raw 8-bit Subject (RFC 2047): they write the whole field anew, and it must be ASCII.
 */
export function tagSubject(headers: Uint8Array, tag: string): readonly HeaderEdit[] {
  const field = findHeader(headers, 'Subject')
  if (field !== undefined && field.end - field.start > MAX_SUBJECT) return []
  const subject = field === undefined ? '' : headerValue(headers, field)
  // Readers drop whitespace between adjacent encoded words (RFC 2047 section 6.2), so the separating space goes inside.
  const encodedTag = /^[\x20-\x7e]*$/.test(tag) ? tag : encodeWords(new TextEncoder().encode(`${tag} `))
  const alreadyTagged = subject.startsWith(encodedTag)
  // A second Subject must go even if the first is tagged: some clients show the last.
  if (alreadyTagged && findHeader(headers, 'Subject', field?.end) === undefined) return []
  const rest = encodeValue(subject)
  const value = alreadyTagged ? rest : rest === '' ? encodedTag : `${encodedTag} ${rest}`
  const edits = [{ remove: 'Subject' }, { add: 'Subject', value }]
  return editsProblem(edits) === undefined ? edits : []
}
