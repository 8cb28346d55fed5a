/**
 * The Content-Type field as cleanup(8) reads it (RFC 2045 §5.1): leniently, and with every boundary parameter that there is.
 * It decides which lines of a message cleanup(8) treats as header fields.
 */

/** What follows a header, by the media type that the header names. */
export interface ContentType {
  /** `other` when the field has no value at all; absent when the type changes nothing, such as `application/pdf`. */
  readonly type?: 'text' | 'message' | 'multipart' | 'other'
  /** Of type `message`: the body begins with a header of its own. */
  readonly nested: boolean
  /** Of type `multipart`: a part that does not say what it is, is a message. */
  readonly digest: boolean
  /** Of type `multipart`, in order, without quotes. */
  readonly boundaries: readonly string[]
}

interface Token {
  /** `word`, `quoted`, or the special or control character itself. */
  readonly kind: string
  readonly text: string
}

/** RFC 2045 §5.1, `tspecials`. */
const SPECIALS = new Set('()<>@,;:\\"/[]?=')

/** Tokens of an item that count. */
const TOKEN_LIMIT = 3

/** `value` is what stands behind the colon, unfolded or with LF where it is folded, one character a byte. */
export function parseContentType(value: string): ContentType {
  const items = new Items(value)
  const [type, slash, subtype] = items.next() ?? []
  const plain: ContentType = { nested: false, digest: false, boundaries: [] }
  if (type === undefined) return { ...plain, type: 'other' }
  const has = (name: string): boolean => slash?.kind === '/' && isWord(subtype, name)
  if (isWord(type, 'text')) return { ...plain, type: 'text' }
  if (isWord(type, 'message')) return { ...plain, type: 'message', nested: has('rfc822') || has('global') }
  if (!isWord(type, 'multipart')) return plain
  const boundaries: string[] = []
  for (let item = items.next(); item !== undefined; item = items.next()) {
    const [name, equals, boundary] = item
    if (isWord(name, 'boundary') && equals?.kind === '=' && boundary !== undefined) boundaries.push(boundary.text)
  }
  return { type: 'multipart', nested: false, digest: has('digest'), boundaries }
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toLowerCase() === word
}

/** The items between semicolons, as tokens, without comments and blanks (RFC 822 §3.3). */
class Items {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The first tokens of the next item; undefined when only blanks and comments are left. */
  next(): Token[] | undefined {
    const tokens: Token[] = []
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] as string
      if (character === ';') {
        this.#at++
        return tokens
      }
      if (isBlank(character)) this.#at++
      else if (character === '(') this.#comment()
      else {
        const token = this.#token(character)
        if (tokens.length < TOKEN_LIMIT) tokens.push(token)
      }
    }
    return tokens.length === 0 ? undefined : tokens
  }

  #token(character: string): Token {
    if (character === '"') return { kind: 'quoted', text: this.#quoted() }
    if (!isWordCharacter(character)) {
      this.#at++
      return { kind: character, text: character }
    }
    const start = this.#at
    while (this.#at < this.#text.length && isWordCharacter(this.#text[this.#at] as string)) this.#at++
    return { kind: 'word', text: this.#text.slice(start, this.#at) }
  }

  #comment(): void {
    let depth = 0
    do {
      const character = this.#text[this.#at++]
      if (character === '(') depth++
      else if (character === ')') depth--
      else if (character === '\\') this.#at++
    } while (depth > 0 && this.#at < this.#text.length)
  }

  #quoted(): string {
    const characters: string[] = []
    this.#at++
    while (this.#at < this.#text.length) {
      let character = this.#text[this.#at++] as string
      if (character === '"') break
      if (character === '\n') {
        // Unfolding removes the blanks before the line end, too.
        while (characters.length > 0 && isBlank(characters.at(-1) as string)) characters.pop()
        continue
      }
      if (character === '\\') {
        if (this.#at >= this.#text.length) break
        character = this.#text[this.#at++] as string
      }
      characters.push(character)
    }
    return characters.join('')
  }
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

/** Neither blank nor special nor control character; 8-bit bytes belong to words. */
function isWordCharacter(character: string): boolean {
  const code = character.charCodeAt(0)
  return code > 32 && code !== 127 && !SPECIALS.has(character)
}
