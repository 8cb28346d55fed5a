/**
 * What `candy enable` has done, so that it can be undone by another process, days later or after a crash. It lies in the
 * state directory, root's alone to write; without it, and where it is damaged, candy's own is found by name and look.
 */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { unlinkIfThere } from '../os/unlink.js'
import type { AttachedOption } from './attachment.js'
import { PostfixError } from './error.js'
import type { Mode } from './mode.js'
import { draftOf, readRootFile, removeRootFile, writeRootFile } from './root-file.js'

/** Which receiving services candy is given beside `smtp`. */
export interface Choice {
  readonly mode: Mode
  readonly submission: boolean
  readonly pickup: boolean
  /** Single services by name, as the operator has named them: whether they are filtered, whatever else is said. */
  readonly services?: Readonly<Record<string, boolean>>
}

/** PostfixFiles of Postfix's files are Latin-1, one character a byte. */
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
  readonly version: 2
  readonly choice: Choice
  /** Services and parameters of main.cf that were added. */
  readonly services: readonly string[]
  readonly parameters: readonly string[]
  readonly attached: readonly AttachedOption[]
  /** Absent from a journal of before it was kept. */
  readonly written?: Written
  /** Whether the files ended with a line end before anything was added. */
  readonly finalNewline: { readonly master: boolean; readonly main: boolean }
  /** InstancePaths that were made, in order. */
  readonly made: readonly string[]
}

/** A change that is under way, or was when somebody killed it. */
export interface Pending {
  readonly version: 2
  readonly files: readonly FileChange[]
  /** InstancePaths that the change makes, in order; some may not be there yet. */
  readonly made: readonly string[]
  /** What was on record before; null where nothing was. */
  readonly before: Journal | null
  /** What is on record from the moment that new mail is given to candy. */
  readonly after: Journal
}

/** Where the records of an instance are kept. Two instances cannot share one state directory. */
export interface RecordLocation {
  readonly configDirectory: string
  readonly state: string
}

/** What stands in a record's place when it was cut short, or changed by something else. */
export const DAMAGED = 'damaged'

const NAMES = { journal: 'journal.json', pending: 'pending.json' } as const

/** Throws PostfixError for a record of another instance or version, and for a file that is not root's. */
export function readJournal(records: RecordLocation): Journal | typeof DAMAGED | undefined {
  return read<Journal>(records, NAMES.journal)
}

/** The record, where there is one that can be read. */
export function knownJournal(records: RecordLocation): Journal | undefined {
  const journal = readJournal(records)
  return journal === DAMAGED ? undefined : journal
}

/** Throws PostfixError where nothing is on record of enabling. `mode` is what the operator wants. */
export function assertEnabled(records: RecordLocation, mode: Mode): void {
  if (knownJournal(records) !== undefined) return
  throw new PostfixError(`candy is not enabled in ${records.configDirectory}: candy enable --mode ${mode}`)
}

/** As `readJournal`. */
export function readPending(records: RecordLocation): Pending | typeof DAMAGED | undefined {
  return read<Pending>(records, NAMES.pending)
}

export function writeJournal(records: RecordLocation, journal: Journal): void {
  write(records, NAMES.journal, journal)
}

export function writePending(records: RecordLocation, pending: Pending): void {
  write(records, NAMES.pending, pending)
}

export function removeJournal({ state }: RecordLocation): void {
  removeRootFile(join(state, NAMES.journal))
}

export function removePending({ state }: RecordLocation): void {
  removeRootFile(join(state, NAMES.pending))
}

/** Removes what a killed command was about to put on record. Only while this process holds the lock. */
export function clearRecordDrafts({ state }: RecordLocation): void {
  for (const name of Object.values(NAMES)) unlinkIfThere(draftOf(join(state, name)))
}

/** How a record stands in its file. */
interface Sealed<T> {
  readonly configDirectory: string
  /** Of the record as JSON, hexadecimal. */
  readonly sha256: string
  readonly record: T
}

function read<T extends { readonly version: number }>(
  { state, configDirectory }: RecordLocation,
  name: string,
): T | typeof DAMAGED | undefined {
  const path = join(state, name)
  const text = readRootFile(path)
  if (text === undefined) return undefined
  let sealed: Partial<Sealed<T>> | null
  try {
    sealed = JSON.parse(Buffer.from(text, 'latin1').toString()) as Partial<Sealed<T>> | null
  } catch {
    return DAMAGED
  }
  const { record, sha256, configDirectory: owner } = sealed ?? {}
  if (record === undefined || sha256 !== hashOf(record)) return DAMAGED
  if (record.version !== 2) {
    throw new PostfixError(
      `${path} was written by another version of candy: disable with that version, then enable with this one`,
    )
  }
  if (owner !== realpathSync(configDirectory)) {
    throw new PostfixError(
      `${path} is about the Postfix in ${owner}: give ${configDirectory} a state directory of its own (state in candy.toml, or candy enable --state DIR)`,
    )
  }
  return record
}

function write({ state, configDirectory }: RecordLocation, name: string, record: object): void {
  const sealed: Sealed<object> = { configDirectory: realpathSync(configDirectory), sha256: hashOf(record), record }
  writeRootFile(join(state, name), Buffer.from(`${JSON.stringify(sealed, undefined, 2)}\n`).toString('latin1'))
}

function hashOf(record: unknown): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex')
}
