/** Edits as data: an offset, the number of bytes to replace, and the new text. Dry runs, diffs and undo are made from them. */
import { type Entry, readEntry, type ServiceKey } from './entry.js'
import { MasterCfError } from './error.js'
import { joinLines, splitLines } from './line.js'
import { findService, type MasterCf } from './parse.js'
import type { Span } from './word.js'

/** Replaces `length` bytes at `offset` by `text`. */
export interface Edit extends Span {
  readonly text: string
}

/** Applies all edits; their offsets are those of `text` before any of them. Throws `OVERLAPPING_EDITS`. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let end = 0
  for (const edit of edits.toSorted((a, b) => a.offset - b.offset)) {
    if (edit.offset < end || edit.offset + edit.length > text.length) {
      throw new MasterCfError('OVERLAPPING_EDITS', `edits that overlap or leave the text, at offset ${edit.offset}`)
    }
    parts.push(text.slice(end, edit.offset), edit.text)
    end = edit.offset + edit.length
  }
  return parts.join('') + text.slice(end)
}

/** Returns the entry to be edited. Throws `SERVICE_MISSING`, or the entry's first problem. */
export function requireService(file: MasterCf, key: ServiceKey): Entry {
  const entry = findService(file, key)
  if (entry === undefined) throw new MasterCfError('SERVICE_MISSING', `no service ${key.service}/${key.type}`)
  return requireSound(entry)
}

/** Returns a well-formed entry, and throws the first problem of a malformed one, since the effect of an edit on it is not known. */
export function requireSound(entry: Entry): Entry {
  const problem = entry.problems[0]
  if (problem !== undefined) {
    const text = `${entry.service}/${entry.type} is malformed, so it isn't edited: ${problem.message}`
    throw new MasterCfError(problem.code, text, problem)
  }
  return entry
}

/**
 * Parses the entry as it would be after the edits, and throws `BAD_VALUE` unless it is well-formed and `holds` returns true for it.
 * So no edit has another effect than the one that was asked for, whatever characters a value contains.
 */
export function proveEdits(entry: Entry, edits: readonly Edit[], holds: (entry: Entry) => boolean, what: string): void {
  const moved = edits.map((edit) => ({ ...edit, offset: edit.offset - entry.offset }))
  const { logical, stray } = joinLines(splitLines(applyEdits(entry.source, moved)))
  const line = logical[0]
  const after = line === undefined ? undefined : readEntry(line)
  const sound = logical.length === 1 && stray.length === 0 && after?.problems.length === 0
  if (after === undefined || !sound || !holds(after)) {
    const problem = after?.problems[0]
    throw new MasterCfError('BAD_VALUE', `${what} can't be written${problem ? `: ${problem.message}` : ''}`)
  }
}
