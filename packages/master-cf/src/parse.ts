/**
 * Parses a whole master.cf without losing a byte (master(5)).
 *
 * The file is a list of lines that keep their source; printing joins them. Entries are views of these lines. Problems are
 * collected, and an entry is kept however broken it is.
 */
import { type DisabledEntry, type Entry, readDisabled, readEntry, type ServiceKey } from './entry.js'
import type { Problem } from './error.js'
import { joinLines, type Line, splitLines } from './line.js'

/** A master.cf. Nothing in it can change; an edit makes a new text to be parsed anew. */
export interface MasterCf {
  readonly text: string
  readonly lines: readonly Line[]
  /** In the file's order. Of entries with the same name and type Postfix uses the last. */
  readonly entries: readonly Entry[]
  readonly disabled: readonly DisabledEntry[]
  /** In the file's order, those of entries included. */
  readonly problems: readonly Problem[]
}

/** Reads the text of a master.cf, decoded as Latin-1 so that every byte is one character. Never throws. */
export function parse(text: string): MasterCf {
  const lines = splitLines(text)
  const { logical, stray } = joinLines(lines)
  const entries = logical.map(readEntry)
  const problems: Problem[] = stray.map(({ line }) => {
    return { code: 'LEADING_BLANK', message: 'a continuation line with nothing before it', line, column: 1 }
  })
  for (const entry of entries) for (const problem of entry.problems) problems.push(problem)
  const disabled = lines.flatMap((line) => (line.kind === 'comment' ? (readDisabled(line) ?? []) : []))
  return { text, lines, entries, disabled, problems }
}

/** Returns the text that was parsed, byte for byte. */
export function print(file: MasterCf): string {
  return file.lines.map((line) => line.source).join('')
}

/** The entry Postfix uses for a service: the last of that name and type. */
export function findService(file: MasterCf, key: ServiceKey): Entry | undefined {
  return findServices(file, key).at(-1)
}

/** All entries of a service; those before the last have no effect. */
export function findServices(file: MasterCf, key: ServiceKey): readonly Entry[] {
  return file.entries.filter((entry) => entry.service === key.service && entry.type === key.type)
}
