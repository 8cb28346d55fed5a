/**
 * What `candy enable` has done, so that it can be undone by another process, days later or after a crash. It lies in the
 * state directory, root's alone to write; without it candy's own is found by name and look.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Attached, Way } from './attachment.js'
import { PostfixError } from './error.js'

/** Which receiving services candy is given beside `smtp`. */
export interface Choice {
  readonly way: Way
  readonly submission: boolean
  readonly pickup: boolean
  /** Single services by name, as the operator has named them: whether they are filtered, whatever else is said. */
  readonly services?: Readonly<Record<string, boolean>>
}

/** Texts of Postfix's files are Latin-1, one character a byte. */
export interface FileChange {
  readonly path: string
  /** Null where there was no file. */
  readonly before: string | null
  /** All that the change writes to it, in order. */
  readonly written: readonly string[]
}

/** What candy last wrote of its own, by name: what differs from it now was edited by somebody since. */
interface Written {
  /** Entries of master.cf. */
  readonly services: Readonly<Record<string, string>>
  /** Values of main.cf. */
  readonly parameters: Readonly<Record<string, string>>
}

export interface Journal {
  readonly version: 1
  readonly choice: Choice
  /** Services and parameters of main.cf that were added. */
  readonly services: readonly string[]
  readonly parameters: readonly string[]
  readonly attached: readonly Attached[]
  /** Absent from a journal of before it was kept. */
  readonly written?: Written
  /** Whether the files ended with a line end before anything was added. */
  readonly finalNewline: { readonly master: boolean; readonly main: boolean }
  /** Paths that were made, in order. */
  readonly made: readonly string[]
}

/** A change that is under way, or was when somebody killed it. */
export interface Pending {
  readonly version: 1
  readonly files: readonly FileChange[]
  readonly made: readonly string[]
}

const NAMES = { journal: 'journal.json', pending: 'pending.json' } as const

export function readJournal(state: string): Journal | undefined {
  return read<Journal>(join(state, NAMES.journal))
}

export function readPending(state: string): Pending | undefined {
  return read<Pending>(join(state, NAMES.pending))
}

export function writeJournal(state: string, journal: Journal): void {
  write(join(state, NAMES.journal), journal)
}

export function writePending(state: string, pending: Pending): void {
  write(join(state, NAMES.pending), pending)
}

export function removeJournal(state: string): void {
  rmSync(join(state, NAMES.journal), { force: true })
}

export function removePending(state: string): void {
  rmSync(join(state, NAMES.pending), { force: true })
}

function read<T extends { readonly version: number }>(path: string): T | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  let value: T | undefined
  try {
    value = JSON.parse(text) as T
  } catch {
    // Told below.
  }
  if (value?.version !== 1) {
    throw new PostfixError(
      `${path} is not a journal of this version of candy: use the version that wrote it, or remove it`,
    )
  }
  return value
}

/** Whole or not at all, whatever happens. */
function write(path: string, value: object): void {
  const temporary = `${path}.tmp`
  const descriptor = openSync(temporary, 'w', 0o600)
  try {
    writeSync(descriptor, `${JSON.stringify(value, undefined, 2)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, path)
}
