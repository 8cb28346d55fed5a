/**
 * Encodes non-ASCII text in a header field as RFC 2047 encoded words.
 *
 * The charset of bytes that are valid UTF-8 is given as `utf-8`. The charset of others is not known, so it is given as
 * `unknown-8bit` (RFC 1428 section 3), and decoding gives the same bytes.
 */

/** RFC 2047 section 2: an encoded word has at most 75 characters. */
const MAX_ENCODED_WORD = 75

/** Longer words are encoded, because a line must not exceed 998 characters (RFC 5322 section 2.1.1). */
const MAX_PLAIN_WORD = 900

/**
 * Makes an unfolded field value printable ASCII: encodes each word that is not, and keeps all others, encoded words
 * included. Each character of `value` stands for one byte (Latin-1).
 */
export function encodeValue(value: string): string {
  // Words have even indexes; the blanks between them have odd ones.
  const parts = value.split(/([ \t]+)/)
  let text = ''
  for (let at = 0; at < parts.length; at += 2) {
    const word = parts[at] ?? ''
    if (isPlain(word)) {
      text += word + (parts[at + 1] ?? '')
      continue
    }
    let end = at + 2
    while (end < parts.length && !isPlain(parts[end] ?? '')) end += 2
    // Readers drop whitespace between adjacent encoded words (RFC 2047 section 6.2), so it is encoded within the new word.
    const before = isEncoded(parts[at - 2]) ? parts[at - 1] : ''
    const after = isEncoded(parts[end]) ? parts[end - 1] : ''
    const run = `${before}${parts.slice(at, end - 1).join('')}${after}`
    text += encodeWords(Buffer.from(run, 'latin1')) + (parts[end - 1] ?? '')
    at = end - 2
  }
  return text
}

/** Encodes the bytes as encoded words, separated by single spaces. */
export function encodeWords(bytes: Uint8Array): string {
  const characters = utf8Characters(bytes)
  const charset = characters === undefined ? 'unknown-8bit' : 'utf-8'
  const room = Math.floor((MAX_ENCODED_WORD - `=?${charset}?B??=`.length) / 4) * 3
  const words: string[] = []
  let word: number[] = []
  for (const character of characters ?? Array.from(bytes, (byte) => [byte])) {
    // A character must not be split between two encoded words (RFC 2047 section 5).
    if (word.length + character.length > room) {
      words.push(print(charset, word))
      word = []
    }
    word.push(...character)
  }
  return [...words, print(charset, word)].join(' ')
}

function print(charset: string, bytes: readonly number[]): string {
  return `=?${charset}?B?${Buffer.from(bytes).toString('base64')}?=`
}

/** The bytes of each character; undefined when `bytes` is not UTF-8. */
function utf8Characters(bytes: Uint8Array): number[][] | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return Array.from(text, (character) => [...Buffer.from(character)])
  } catch {
    return undefined
  }
}

function isPlain(word: string): boolean {
  return word.length <= MAX_PLAIN_WORD && /^[\x21-\x7e]*$/.test(word)
}

function isEncoded(word: string | undefined): boolean {
  return word !== undefined && /^=\?[^?\s]+\?[bq]\?[^?\s]*\?=$/i.test(word)
}
