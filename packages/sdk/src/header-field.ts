/**
 * Finds the fields of a header block (RFC 5322 §2.2) as Postfix does.
 *
 * A sender can put millions of fields into a message of ten megabytes. So `FieldWalk`, which goes from field to field, allocates
 * nothing for each, and every step takes time linear in the bytes that it reads.
 */
import { Buffer } from 'node:buffer'

const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32
const COLON = 58

/** A field, and its place in the header block: its name begins at `start`, and `end` is after the CRLF of its last line. */
export interface HeaderField {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** Goes from field to field of a header block. Before the first call of `next` there is no current field. */
export class FieldWalk {
  readonly #block: Uint8Array
  /** Where the current field begins. */
  start = 0
  /** After the last byte of its name. */
  nameEnd = 0
  /** After the CRLF of its last line. */
  end: number

  /** `from` is where a field begins: 0, or the `end` of another. */
  constructor(block: Uint8Array, from = 0) {
    this.#block = block
    this.end = from
  }

  /**
   * Goes to the next field, and returns false where the header block ends as it does for `parseHeaders`. `end` is then the end of
   * the block.
   */
  next(): boolean {
    const block = this.#block
    const start = this.end
    let nameEnd = start
    while (nameEnd < block.length && isNameByte(block[nameEnd])) nameEnd++
    let colon = nameEnd
    while (colon < block.length && isBlank(block[colon])) colon++
    if (nameEnd === start || block[colon] !== COLON) return false
    let end = lineEnd(block, colon)
    while (end < block.length && isBlank(block[end])) end = lineEnd(block, end)
    this.start = start
    this.nameEnd = nameEnd
    this.end = end
    return true
  }
}

/**
 * The fields of a header block in order. Reading stops where Postfix's cleanup(8) stops: at the first line that is neither a
 * field nor the continuation of one. Blanks between name and colon are tolerated (RFC 5322 §4.5). A line that begins with a
 * blank continues a field even when nothing but blanks is on it.
 */
export function parseHeaders(block: Uint8Array): readonly HeaderField[] {
  const fields: HeaderField[] = []
  for (const walk = new FieldWalk(block); walk.next(); ) {
    fields.push({ name: latin1(block, walk.start, walk.nameEnd), start: walk.start, end: walk.end })
  }
  return fields
}

/**
 * The first field of this name, whatever its case, that begins at `from` or later; undefined where there is none. `from` is where
 * a field begins: 0, or the `end` of another. Allocates nothing for the fields before it, however many there are.
 */
export function findHeader(block: Uint8Array, name: string, from = 0): HeaderField | undefined {
  const wanted = name.toLowerCase()
  for (const walk = new FieldWalk(block, from); walk.next(); ) {
    if (walk.nameEnd - walk.start !== wanted.length) continue
    const found = latin1(block, walk.start, walk.nameEnd)
    if (found.toLowerCase() === wanted) return { name: found, start: walk.start, end: walk.end }
  }
  return undefined
}

/** Where the header block at the start of `bytes` ends: `parseHeaders` reads as far. An empty line after it is not part of it. */
export function headersEnd(bytes: Uint8Array): number {
  const walk = new FieldWalk(bytes)
  while (walk.next());
  return walk.end
}

/** The value of a field, unfolded (RFC 5322 §2.2.3), without the blanks around it, as Latin-1: one character for each byte. */
export function headerValue(block: Uint8Array, field: Pick<HeaderField, 'start' | 'end'>): string {
  const text = latin1(block, block.indexOf(COLON, field.start) + 1, field.end).replace(/\r\n(?=[ \t]|$)/g, '')
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}

/** The position after the next CRLF; the end of the block where there is none. */
function lineEnd(block: Uint8Array, from: number): number {
  for (let at = from + 1; at < block.length; at++) {
    if (block[at] === LF && block[at - 1] === CR) return at + 1
  }
  return block.length
}

function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > SPACE && byte < 127 && byte !== COLON
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB
}
