/**
 * Makes edits of a header block (RFC 5322 §2.2), and applies them.
 *
 * Only two edits exist, "add on top" and "remove", because everything else would break signatures (RFC 6376): fields that are not
 * removed keep every byte, their order and their folding.
 */
import type { FieldChoice, HeaderEdit } from './contract.js'
import { CandyError } from './error.js'
import { FieldWalk } from './header-field.js'
import { Removals } from './header-removal.js'

/** RFC 5322 §2.1.1: at most 998 characters a line, and 78 where a line can be folded. */
const LINE_LIMIT = 998
const FOLD_AT = 78

/** Postfix cuts a field off at `header_size_limit`, 102400 bytes unless the operator says otherwise (postconf(5)). */
const VALUE_LIMIT = 65_536

/**
 * Adds a field on top of the header block. `value` is printable ASCII and tabs, at most 64 KiB; it is folded at blanks.
 * Throws `HEADER_VALUE` for anything else, and so for CR, LF and NUL: a value must not become a second field.
 */
export function addHeader(name: string, value: string): HeaderEdit {
  const edit = { add: name, value }
  checkEdit(edit)
  return edit
}

/**
 * Removes every field of this name, whatever its case; a name that ends in `*`, for example `X-Spam-*`, stands for all
 * names that begin with the part before it. With `where`, it removes only the fields that `where` chooses. Throws `HEADER_VALUE` when
 * the name is not a field name, and when `where` has no value or place.
 */
export function removeHeader(name: string, where?: FieldChoice): HeaderEdit {
  const edit = where === undefined ? { remove: name } : { remove: name, where }
  checkEdit(edit)
  return edit
}

/** Throws `HEADER_VALUE` unless the edit can be applied. For edits that `addHeader` or `removeHeader` did not make. */
export function checkEdit(edit: HeaderEdit): void {
  const members = membersOf(edit)
  if (members === 'add value' && 'add' in edit) checkField(edit.add, edit.value)
  else if (members === 'remove' && 'remove' in edit) checkPattern(edit.remove)
  else if (members === 'remove where' && 'remove' in edit) checkChoice(edit.remove, edit.where)
  else {
    throw new CandyError(
      'HEADER_VALUE',
      `an edit is { add, value }, { remove } or { remove, where }, not { ${members.replaceAll(' ', ', ')} }`,
    )
  }
}

function membersOf(value: unknown): string {
  return Object.keys(Object(value))
    .sort((one, other) => (one < other ? -1 : 1))
    .join(' ')
}

function checkPattern(pattern: string): void {
  checkName(pattern)
  if (pattern === '*') {
    throw new CandyError(
      'HEADER_VALUE',
      'the name * alone would remove the whole header; write the names, or how they begin',
    )
  }
}

function checkChoice(name: string, where: FieldChoice | undefined): void {
  checkName(name)
  const members = membersOf(where)
  if (where === undefined || (members !== 'value' && members !== 'place')) {
    throw new CandyError(
      'HEADER_VALUE',
      `${name}: where is { value } or { place }, not { ${members.replaceAll(' ', ', ')} }`,
    )
  }
  if (name.endsWith('*')) {
    throw new CandyError(
      'HEADER_VALUE',
      `${name}: where chooses among the fields of one name, not of a name that ends in *`,
    )
  }
  if ('value' in where && typeof where.value !== 'string') {
    throw new CandyError('HEADER_VALUE', `${name}: where.value is the text that headerValue gives`)
  }
  if ('place' in where && !(Number.isSafeInteger(where.place) && where.place >= 0)) {
    throw new CandyError('HEADER_VALUE', `${name}: where.place is a number, 0 for the first field of the name`)
  }
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
 * each on top of the one before. All other bytes stay. `block` may also be the whole message: what follows the header
 * block is not read. Returns `block` itself, and no copy, when there is nothing to add and nothing to remove.
 * Throws `HEADER_VALUE` for an edit that cannot be applied.
 */
export function editHeaders(block: Uint8Array, edits: readonly HeaderEdit[]): Uint8Array {
  const removals = new Removals(block)
  const added: string[] = []
  for (const edit of edits) {
    checkEdit(edit)
    if ('add' in edit) added.push(`${fold(edit.add, edit.value).join('\r\n')}\r\n`)
    else removals.add(edit)
  }
  const top = new TextEncoder().encode(added.reverse().join(''))
  const walk = new FieldWalk(block)
  const found = removals.size > 0 && goToRemoved(walk, removals)
  if (!found && top.length === 0) return block
  const edited = new Uint8Array(top.length + block.length)
  edited.set(top)
  let at = top.length
  let from = 0
  for (let more = found; more; more = goToRemoved(walk, removals)) {
    edited.set(block.subarray(from, walk.start), at)
    at += walk.start - from
    from = walk.end
  }
  edited.set(block.subarray(from), at)
  return edited.subarray(0, at + block.length - from)
}

/** Goes to the next field that is to be removed; false where there is none. */
function goToRemoved(walk: FieldWalk, removals: Removals): boolean {
  while (walk.next()) if (removals.has(walk)) return true
  return false
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
