/**
 * Where in a body cleanup(8) sees header lines again: behind the delimiter lines of multipart messages, and in messages within
 * messages (RFC 2046 §5.1, §5.2.1). It changes such lines as it changes those of the message's own header, so candy has to find
 * them where cleanup(8) does.
 */
import { parseContentType } from './content-type.js'

const DASH = 45

export interface MimeLimits {
  /** mime_nesting_limit of postconf(5): no deeper boundary is looked for. */
  readonly depth: number
  /** mime_boundary_length_limit of postconf(5), in bytes. */
  readonly boundary: number
}

interface Boundary {
  readonly text: Uint8Array
  /** Its parts are messages unless they have a Content-Type (RFC 2046 §5.1.5). */
  readonly isDigest: boolean
}

export class MimeStructure {
  readonly #limits: MimeLimits
  /** The innermost is the last. */
  readonly #boundaries: Boundary[] = []
  #type: 'text' | 'message' | 'multipart' | 'other' = 'text'
  #bodyIsMessage = false

  constructor(limits: MimeLimits) {
    this.#limits = limits
  }

  /** Whether there are delimiter lines to look for. */
  get delimited(): boolean {
    return this.#boundaries.length > 0
  }

  /** Reads a Content-Type field of the header that is being read. */
  contentType(value: string): void {
    const { type, bodyIsMessage, isDigest, boundaries } = parseContentType(value)
    if (type === undefined) return
    this.#type = type
    if (type === 'message') this.#bodyIsMessage = bodyIsMessage
    for (const boundary of boundaries) {
      if (this.#boundaries.length > this.#limits.depth + 1) break
      this.#boundaries.push({ text: Buffer.from(boundary, 'latin1').subarray(0, this.#limits.boundary), isDigest })
    }
  }

  /** What follows a header that an empty line has ended. */
  afterHeader(): 'header' | 'body' {
    const isMessage = this.#type === 'message' && this.#bodyIsMessage
    if (isMessage) this.#setDefault(false)
    return isMessage ? 'header' : 'body'
  }

  /** What follows a line of a body when it is a delimiter line: the header of a part, or more body; else undefined. */
  delimiter(bytes: Uint8Array, start: number, end: number): 'header' | 'body' | undefined {
    const length = end - start
    if (length <= 2 || bytes[start] !== DASH || bytes[start + 1] !== DASH) return undefined
    const index = this.#boundaries.findLastIndex(
      ({ text }) => length >= 2 + text.length && matches(bytes, start + 2, text),
    )
    const boundary = this.#boundaries[index]
    if (boundary === undefined) return undefined
    const after = start + 2 + boundary.text.length
    const last = end - after >= 2 && bytes[after] === DASH && bytes[after + 1] === DASH
    this.#boundaries.length = last ? index : index + 1
    if (last) this.#type = 'other'
    else this.#setDefault(boundary.isDigest)
    return last ? 'body' : 'header'
  }

  /** The type of what has no Content-Type field. */
  #setDefault(message: boolean): void {
    this.#type = message ? 'message' : 'text'
    this.#bodyIsMessage = message
  }
}

function matches(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text[index]) return false
  }
  return true
}
