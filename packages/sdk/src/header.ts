/**
 * The header block of a message (RFC 5322 §2.2): makers of edits, and their application.
 *
 * Only two edits exist, "add on top" and "remove by name", because everything else would break signatures (RFC 6376):
 * fields that are not removed keep every byte, their order and their folding.
 */
import type { HeaderEdit } from './contract.js'
import { CandyError } from './error.js'

const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32
const COLON = 58

/** RFC 5322 §2.1.1: at most 998 characters a line, and 78 where a line can be folded. */
const LINE_LIMIT = 998
const FOLD_AT = 78

/** Postfix cuts a field off at `header_size_limit`, 102400 bytes unless the operator says otherwise (postconf(5)). */
const VALUE_LIMIT = 65_536

/** A field's place in its header block: `start` of its name, `end` after the CRLF of its last line. */
export interface HeaderField {
  readonly name: string
  readonly start: number
  readonly end: number
}

/**
 * Adds a field on top of the header block. `value` is printable ASCII and tabs, at most 64 KiB; it is folded at blanks.
 * Throws `HEADER_VALUE` for anything else, CR, LF and NUL above all: a value must not become a second field.
 */
export function addHeader(name: string, value: string): HeaderEdit {
  const edit = { add: name, value }
  checkEdit(edit)
  return edit
}

/** Removes every field of this name, whatever its case. Throws `HEADER_VALUE` for what is not a field name. */
export function removeHeader(name: string): HeaderEdit {
  const edit = { remove: name }
  checkEdit(edit)
  return edit
}

/** Throws `HEADER_VALUE` unless the edit is one that can be applied. For edits that no maker made. */
export function checkEdit(edit: HeaderEdit): void {
  const members = Object.keys(Object(edit)).sort((one, other) => (one < other ? -1 : 1))
  if (members.join(' ') === 'remove' && 'remove' in edit) checkName(edit.remove)
  else if (members.join(' ') === 'add value' && 'add' in edit) checkField(edit.add, edit.value)
  else throw new CandyError('HEADER_VALUE', `an edit is { add, value } or { remove }, not { ${members.join(', ')} }`)
}

function checkName(name: string): void {
  if (typeof name !== 'string' || !/^[\x21-\x39\x3b-\x7e]{1,76}$/.test(name)) {
    throw new CandyError(
      'HEADER_VALUE',
      `not a header field name: ${JSON.stringify(String(name))} (RFC 5322 section 2.2)`,
    )
  }
}

function checkField(name: string, value: string): void {
  checkName(name)
  if (typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value)) {
    throw new CandyError('HEADER_VALUE', `${name}: a value is printable ASCII on one line; encode it (RFC 2047)`)
  }
  if (value.length > VALUE_LIMIT) {
    throw new CandyError('HEADER_VALUE', `${name}: a value has at most ${VALUE_LIMIT} characters`)
  }
  if (fold(name, value).some((line) => line.length > LINE_LIMIT)) {
    throw new CandyError('HEADER_VALUE', `${name}: the value cannot be folded into lines of ${LINE_LIMIT} characters`)
  }
}

/**
 * Applies edits to a header block: first the removals, which match only fields of the block as it is, then the additions,
 * each on top of the one before. All other bytes stay. `block` may as well be the whole message: what follows the header
 * block is not looked at. Throws `HEADER_VALUE` for an edit that cannot be applied.
 */
export function editHeaders(block: Uint8Array, edits: readonly HeaderEdit[]): Uint8Array {
  const removed = new Set<string>()
  let top = ''
  for (const edit of edits) {
    checkEdit(edit)
    if ('add' in edit) top = `${fold(edit.add, edit.value).join('\r\n')}\r\n${top}`
    else removed.add(edit.remove.toLowerCase())
  }
  const kept: Uint8Array[] = [new TextEncoder().encode(top)]
  if (removed.size === 0) kept.push(block)
  else {
    let end = 0
    for (const field of parseHeaders(block)) {
      end = field.end
      if (!removed.has(field.name.toLowerCase())) kept.push(block.subarray(field.start, field.end))
    }
    kept.push(block.subarray(end))
  }
  return join(kept)
}

/**
 * The fields of a header block in order. Reading stops where Postfix stops (cleanup(8)): at the first line that is
 * neither a field nor the continuation of one; blanks between name and colon are tolerated (RFC 5322 §4.5). A line that
 * begins with a blank continues a field even when nothing but blanks is on it.
 */
export function parseHeaders(block: Uint8Array): readonly HeaderField[] {
  const fields: HeaderField[] = []
  let start = 0
  while (start < block.length) {
    const name = fieldName(block, start)
    if (name === undefined) break
    let end = lineEnd(block, start)
    while (end < block.length && isBlank(block[end])) end = lineEnd(block, end)
    fields.push({ name, start, end })
    start = end
  }
  return fields
}

/** The unfolded value of a field without the blanks around it, one character a byte (Latin-1; RFC 5322 §2.2.3). */
export function headerValue(block: Uint8Array, field: HeaderField): string {
  let text = ''
  for (let at = block.indexOf(COLON, field.start) + 1; at < field.end; at++) text += String.fromCharCode(block[at] ?? 0)
  return text.replace(/\r\n(?=[ \t]|$)/g, '').replace(/^[ \t]+|[ \t]+$/g, '')
}

function fieldName(block: Uint8Array, start: number): string | undefined {
  let end = start
  while (end < block.length && isNameByte(block[end])) end++
  let colon = end
  while (colon < block.length && isBlank(block[colon])) colon++
  if (end === start || block[colon] !== COLON) return undefined
  return new TextDecoder().decode(block.subarray(start, end))
}

function lineEnd(block: Uint8Array, from: number): number {
  for (let at = block.indexOf(LF, from); at !== -1; at = block.indexOf(LF, at + 1)) {
    if (at > from && block[at - 1] === CR) return at + 1
  }
  return block.length
}

/**
 * Lines of a field, without their CRLF. Folding happens before the blanks in front of a word, so unfolding gives the value
 * back, no line is all blanks, and none stands between the name and the first word (RFC 5322 §2.2.3).
 */
function fold(name: string, value: string): string[] {
  const lines: string[] = []
  const [first = '', ...words] = ` ${value}`.match(/[ \t]+[^ \t]+(?:[ \t]+$)?|[ \t]+$/g) ?? []
  let line = `${name}:${first}`
  for (const word of words) {
    if (line.length + word.length > FOLD_AT) {
      lines.push(line)
      line = ''
    }
    line += word
  }
  return [...lines, line]
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > SPACE && byte < 127 && byte !== COLON
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB
}
