/** Text that a filter gives and a person or a protocol reads: signature names, spam reports. */

const TEXT_LIMIT = 400

/** Of a longer text only so many characters are looked at. */
const LOOKED_AT = 10_000

/**
 * Makes any text one line of printable ASCII, at most 400 bytes (RFC 5321 §4.2 textstring, RFC 3463 text): white space
 * runs become one space, every other character outside ASCII's printable range becomes `?`.
 */
export function printable(text: string): string {
  const line = text
    .slice(0, LOOKED_AT)
    .replace(/\s+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim()
  const cut = line.length > TEXT_LIMIT || text.length > LOOKED_AT
  return cut ? `${line.slice(0, TEXT_LIMIT - 3)}...` : line
}
