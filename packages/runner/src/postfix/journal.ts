/**
 * Records what `candy enable` has done, so that a later process can undo it, even days later or after a crash. The records are in
 * the state directory, where only root may write. When they are missing or damaged, candy's own lines are found by their names
 * and values.
 */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { unlinkIfThere } from '../os/unlink.js'
import type { AttachedOption } from './attachment.js'
import { PostfixError } from './error.js'
import type { Mode } from './mode.js'
import { draftOf, readRootFile, removeRootFile, writeRootFile } from './root-file.js'

/**
 * The operator's choice: the mode, and which receiving services candy filters besides those that receive mail from other hosts.
 */
export interface Choice {
  readonly mode: Mode
  readonly submission: boolean
  readonly pickup: boolean
  /** Whether single services are filtered, by the name that the operator gave. This overrides the other choices. */
  readonly services?: Readonly<Record<string, boolean>>
}

/** A change of one file. Texts are Latin-1, one character for each byte. */
export interface FileChange {
  readonly path: string
  /** The text before the change; null where there was no file. */
  readonly before: string | null
  /** The texts that the change writes to the file, in order. */
  readonly written: readonly string[]
}

/** The settings that candy last wrote, by name. A setting that differs from this was edited by somebody since. */
interface Written {
  /** Entries of master.cf. */
  readonly services: Readonly<Record<string, string>>
  /** Values of main.cf. */
  readonly parameters: Readonly<Record<string, string>>
}

export interface Journal {
  readonly version: 3
  readonly choice: Choice
  /** The services of master.cf that candy has added. */
  readonly services: readonly string[]
  /** The parameters of main.cf that candy has added. */
  readonly parameters: readonly string[]
  /** The options that candy has set on receiving services. */
  readonly attached: readonly AttachedOption[]
  readonly written: Written
  /** Whether each file ended with a line end before candy added anything. */
  readonly finalNewline: { readonly master: boolean; readonly main: boolean }
  /** Names of the paths, the account and the access entries that candy has created, in order. */
  readonly created: readonly string[]
}

/** A change that is not complete: it is being carried out, or the process that did so was killed. */
export interface PendingChange {
  readonly version: 3
  readonly files: readonly FileChange[]
  /** Names of what the change creates, in order. Some may not exist yet. */
  readonly created: readonly string[]
  /** The journal before the change; null where there was none. */
  readonly before: Journal | null
  /** The journal from the moment that new mail goes to candy. */
  readonly after: Journal
}

/** An instance and the state directory where its records are kept. Two instances cannot share one state directory. */
export interface RecordLocation {
  readonly configDirectory: string
  readonly state: string
}

/** Returned instead of a record whose file is incomplete or was changed by another program. */
export const DAMAGED = 'damaged'

const NAMES = { journal: 'journal.json', pending: 'pending.json' } as const

/**
 * Reads the journal; undefined where there is none. Throws PostfixError for a record of another instance or version, and for a
 * file that does not belong to root.
 */
export function readJournal(records: RecordLocation): Journal | typeof DAMAGED | undefined {
  return read<Journal>(records, NAMES.journal)
}

/** The journal; undefined where there is none or it is damaged. */
export function knownJournal(records: RecordLocation): Journal | undefined {
  const journal = readJournal(records)
  return journal === DAMAGED ? undefined : journal
}

/** Throws PostfixError when candy is not enabled. The text suggests enabling it in `mode`. */
export function assertEnabled(records: RecordLocation, mode: Mode): void {
  if (knownJournal(records) !== undefined) return
  throw new PostfixError(`candy is not enabled in ${records.configDirectory}: "candy enable --mode ${mode}"`)
}

/** Reads the record of an incomplete change, as `readJournal` reads the journal. */
export function readPending(records: RecordLocation): PendingChange | typeof DAMAGED | undefined {
  return read<PendingChange>(records, NAMES.pending)
}

export function writeJournal(records: RecordLocation, journal: Journal): void {
  write(records, NAMES.journal, journal)
}

export function writePending(records: RecordLocation, pending: PendingChange): void {
  write(records, NAMES.pending, pending)
}

export function removeJournal({ state }: RecordLocation): void {
  removeRootFile(join(state, NAMES.journal))
}

export function removePending({ state }: RecordLocation): void {
  removeRootFile(join(state, NAMES.pending))
}

/** Removes drafts of records that a killed command was writing. Call it only while this process holds the lock. */
export function clearRecordDrafts({ state }: RecordLocation): void {
  for (const name of Object.values(NAMES)) unlinkIfThere(draftOf(join(state, name)))
}

/** The content of a record's file. */
interface RecordFile<T> {
  readonly configDirectory: string
  /** The SHA-256 hash of the record as JSON, hexadecimal. */
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
  let file: Partial<RecordFile<T>> | null
  try {
    file = JSON.parse(Buffer.from(text, 'latin1').toString()) as Partial<RecordFile<T>> | null
  } catch {
    return DAMAGED
  }
  const { record, sha256, configDirectory: owner } = file ?? {}
  if (record === undefined || sha256 !== hashOf(record)) return DAMAGED
  if (record.version !== 3) {
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
  const file: RecordFile<object> = { configDirectory: realpathSync(configDirectory), sha256: hashOf(record), record }
  writeRootFile(join(state, name), Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`).toString('latin1'))
}

function hashOf(record: unknown): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex')
}
