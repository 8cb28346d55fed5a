/**
 * Text in a header field as RFC 2047 encoded words, for what ASCII cannot say.
 *
 * Bytes that are valid UTF-8 are called that; others are called `unknown-8bit` (RFC 1428 section 3), because nobody can
 * know what they are, and stay the same bytes.
 */

/** RFC 2047 section 2: an encoded word has at most 75 characters. */
const WORD_LIMIT = 75

/** Longer words cannot stand on a line of 998 characters (RFC 5322 section 2.1.1). */
const PLAIN_LIMIT = 900

/**
 * Makes an unfolded field value printable ASCII: words that are not are encoded, all others, encoded words above all,
 * stay as they are. `value` is read as Latin-1: a character is a byte.
 */
export function encodeValue(value: string): string {
  // Words at even places, the blanks between them at odd ones.
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
    // RFC 2047 section 6.2: blanks between two encoded words are not shown, so those that count go into the word.
    const before = isEncoded(parts[at - 2]) ? parts[at - 1] : ''
    const after = isEncoded(parts[end]) ? parts[end - 1] : ''
    const run = `${before}${parts.slice(at, end - 1).join('')}${after}`
    text += encodeWords(Buffer.from(run, 'latin1')) + (parts[end - 1] ?? '')
    at = end - 2
  }
  return text
}

/** Encoded words for the bytes, one blank between each two. */
export function encodeWords(bytes: Uint8Array): string {
  const characters = utf8Characters(bytes)
  const charset = characters === undefined ? 'unknown-8bit' : 'utf-8'
  const room = Math.floor((WORD_LIMIT - `=?${charset}?B??=`.length) / 4) * 3
  const words: string[] = []
  let word: number[] = []
  for (const character of characters ?? Array.from(bytes, (byte) => [byte])) {
    // RFC 2047 section 5: a character never spans two words.
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

/** The bytes of each character; undefined when they are not UTF-8. */
function utf8Characters(bytes: Uint8Array): number[][] | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return Array.from(text, (character) => [...Buffer.from(character)])
  } catch {
    return undefined
  }
}

function isPlain(word: string): boolean {
  return word.length <= PLAIN_LIMIT && /^[\x21-\x7e]*$/.test(word)
}

function isEncoded(word: string | undefined): boolean {
  return word !== undefined && /^=\?[^?\s]+\?[bq]\?[^?\s]*\?=$/i.test(word)
}
