/**
 * Reads the Content-Type field (RFC 2045 §5.1) as cleanup(8) does (src/global/mime_state.c), which accepts malformed values and
 * uses every boundary parameter, not only the first.
 */

/** The parts of a Content-Type value that decide how cleanup(8) parses the body that follows. */
export interface ContentType {
  /**
   * `other`, Postfix's MIME_CTYPE_OTHER, when the field has no value. Absent for any other type, such as `application/pdf`:
   * cleanup(8) then keeps the type that it assumed before.
   */
  readonly type?: 'text' | 'message' | 'multipart' | 'other'
  /** Type `message` only: the body is a message and begins with its header (RFC 2046 §5.2.1). */
  readonly bodyIsMessage: boolean
  /** Type `multipart` only: a part without Content-Type is a message, not text (RFC 2046 §5.1.5). */
  readonly isDigest: boolean
  /** Type `multipart` only: the values of all boundary parameters, in the field's order, without quotes. */
  readonly boundaries: readonly string[]
}

interface Token {
  /** `word`, `quoted`, or, for a special or control character, the character itself. */
  readonly kind: string
  readonly text: string
}

/** RFC 2045 §5.1, `tspecials`. */
const SPECIALS = new Set('()<>@,;:\\"/[]?=')

/** The most tokens that are kept of what is between two semicolons: `NAME = VALUE` and `TYPE / SUBTYPE` have three. */
const MAX_TOKENS = 3

/** `value` is the text after the colon, one character a byte. It may be unfolded, or have LF where the field is folded. */
export function parseContentType(value: string): ContentType {
  const tokenizer = new ParameterTokenizer(value)
  const [type, slash, subtype] = tokenizer.nextTokens() ?? []
  const plain: ContentType = { bodyIsMessage: false, isDigest: false, boundaries: [] }
  if (type === undefined) return { ...plain, type: 'other' }
  const has = (name: string): boolean => slash?.kind === '/' && isWord(subtype, name)
  if (isWord(type, 'text')) return { ...plain, type: 'text' }
  if (isWord(type, 'message')) return { ...plain, type: 'message', bodyIsMessage: has('rfc822') || has('global') }
  if (!isWord(type, 'multipart')) return plain
  const boundaries: string[] = []
  for (let tokens = tokenizer.nextTokens(); tokens !== undefined; tokens = tokenizer.nextTokens()) {
    const [name, equals, boundary] = tokens
    if (isWord(name, 'boundary') && equals?.kind === '=' && boundary !== undefined) boundaries.push(boundary.text)
  }
  return { type: 'multipart', bodyIsMessage: false, isDigest: has('digest'), boundaries }
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toLowerCase() === word
}

/** Splits a value at its semicolons, and each part into tokens (RFC 822 §3.3). Comments and blanks are skipped. */
class ParameterTokenizer {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /**
   * The first tokens of the part before the next semicolon: type, slash, subtype; then, for each parameter, name, equals sign,
   * value. Undefined when only blanks and comments are left.
   */
  nextTokens(): Token[] | undefined {
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
        if (tokens.length < MAX_TOKENS) tokens.push(token)
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
        // At a fold, cleanup(8) also removes the blanks before the line end.
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

/** Whether the character belongs to a word: it is no blank, special or control character. 8-bit bytes belong to words. */
function isWordCharacter(character: string): boolean {
  const code = character.charCodeAt(0)
  return code > 32 && code !== 127 && !SPECIALS.has(character)
}
