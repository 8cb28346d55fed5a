/** Makes text of a filter, a signature name or a spam report for example, safe for logs and SMTP replies. */

const TEXT_LIMIT = 400

/** The number of characters of a longer text that are read. */
const READ_LIMIT = 10_000

/**
 * Converts any text to one line of printable ASCII, at most 400 bytes (RFC 5321 §4.2 textstring, RFC 3463 text): each run of
 * white space becomes one space, and every other character outside ASCII's printable range becomes `?`.
 */
export function printable(text: string): string {
  const line = text
    .slice(0, READ_LIMIT)
    .replace(/\s+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim()
  const cut = line.length > TEXT_LIMIT || text.length > READ_LIMIT
  return cut ? `${line.slice(0, TEXT_LIMIT - 3)}...` : line
}
