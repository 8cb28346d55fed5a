/**
 * Reads command lines (RFC 5321 §2.3.8): CRLF ends a line and nothing else does. A line with a bare CR, a bare LF or NUL is no
 * command: mail is smuggled where two servers read such a line in different ways.
 */

const CR = 13
const LF = 10
const CRLF = Buffer.from('\r\n')
const NOTHING: Buffer = Buffer.alloc(0)

/** A line without its CRLF, in memory of its own; or what is wrong with it. */
export type Line = Buffer | 'too long' | 'bare line end'

export class LineReader {
  readonly #limit: number
  #unread: Buffer = NOTHING
  /** Whether the rest of a line that was too long is still to come. */
  #skipping = false

  /** `limit` is the length of the longest line in bytes, without CRLF. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes that have not been read yet. */
  get size(): number {
    return this.#unread.length
  }

  push(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
  }

  /** The next line; undefined when it has not come to its end. */
  next(): Line | undefined {
    const end = this.#unread.indexOf(CRLF)
    if (end === -1) {
      if (this.#unread.length <= this.#limit + 1) return undefined
      this.#skipping = true
      // The last byte may be the CR of the line's end.
      this.#unread = this.#unread.subarray(-1)
      return undefined
    }
    const line = this.#unread.subarray(0, end)
    this.#unread = this.#unread.subarray(end + CRLF.length)
    const tooLong = this.#skipping || line.length > this.#limit
    this.#skipping = false
    if (tooLong) return 'too long'
    return line.includes(LF) || line.includes(CR) || line.includes(0) ? 'bare line end' : Buffer.from(line)
  }

  /** Returns all that has not been read, and forgets it: what comes from here on is not lines. */
  takeUnread(): Buffer {
    const unread = this.#unread
    this.#unread = NOTHING
    return unread
  }
}
