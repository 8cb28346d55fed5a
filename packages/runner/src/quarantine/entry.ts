/**
 * A message in the quarantine as it is found there. What cannot be read is told as such, and keeps nobody from the others: candy's
 * account owns the directory, filters run as that account, and a disk may fail.
 *
 * What is done with a message, in this folder: store.ts puts it in, with the record that record.ts describes; events.ts writes down what
 * is done with it, and state.ts tells what became of it; release-plan.ts says who gets it when it is released, which is done by
 * delivery/release.ts; deletion.ts and expiry.ts remove it; name.ts and selection.ts find it, and digest.ts tells of it.
 */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { errorText } from '../os/error-text.js'
import { asSystemError } from '../os/system-error.js'
import { type DatedEvent, readEvents } from './events.js'
import { isName, timeOf } from './name.js'
import { parseRecord, type QuarantineRecord } from './record.js'
import { openRegular, readBounded } from './regular-file.js'
import { STANDINGS, type Standing, standingOf } from './state.js'

export type Entry = SoundEntry | DamagedEntry

export const STATES: readonly Entry['state'][] = [...STANDINGS, 'damaged']

interface CommonEntry {
  readonly name: string
  readonly path: string
  /** When the message came: milliseconds since 1970. Undefined where the name is none that candy gives. */
  readonly time: number | undefined
  /** Bytes of the message; 0 where it cannot be read. */
  readonly size: number
}

export interface SoundEntry extends CommonEntry {
  readonly state: Standing['state']
  readonly standing: Standing
  readonly record: QuarantineRecord
  readonly events: readonly DatedEvent[]
}

interface DamagedEntry extends CommonEntry {
  readonly state: 'damaged'
  /** What is wrong. */
  readonly damage: string
}

/** Bytes of a record: it has as many recipients as a transaction. */
const RECORD_LIMIT = 16 * 1024 ** 2

/** Messages that are read at the same time. */
const AT_ONCE = 32

/** The message's id as a field of the log, by which `candy trace` finds the line; a damaged message may have none. */
export function idOf(entry: Entry): { readonly id?: string } {
  return entry.state === 'damaged' ? {} : { id: entry.record.id }
}

/** The names in the quarantine, in the order of time. Throws the error of the system call where there is no quarantine. */
export async function readNames(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory)
  return names.filter((name) => !name.startsWith('.')).toSorted()
}

/** The messages with these names, in their order, without those that are gone by now. */
export async function* readEntries(directory: string, names: readonly string[]): AsyncGenerator<Entry, void, void> {
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const entries = await Promise.all(names.slice(from, from + AT_ONCE).map((name) => readEntry(directory, name)))
    yield* entries.filter((entry) => entry !== undefined)
  }
}

/** Undefined where there is no such message. Throws nothing else. */
export async function readEntry(directory: string, name: string): Promise<Entry | undefined> {
  const path = join(directory, name)
  const common = { name, path, time: timeOf(name), size: await sizeOf(directory, name) }
  try {
    if (!(await lstat(path)).isDirectory()) throw new CandyError('QUARANTINE', `${path}: it is no directory`)
    if (!isName(name)) throw new CandyError('QUARANTINE', `${path}: it is no name that candy gives`)
    const record = await readRecord(join(path, 'record.json'))
    await (await openRegular(join(path, 'message.eml'))).close()
    if (common.size !== record.size) {
      throw new CandyError(
        'QUARANTINE',
        `${path}/message.eml: it has ${common.size} bytes, and should have ${record.size}`,
      )
    }
    const events = await readEvents(path)
    const standing = await standingOf(events, record.envelope.recipients)
    return { ...common, state: standing.state, standing, record, events }
  } catch (error) {
    // Another process may have deleted it meanwhile.
    if ((await lstat(path).catch(() => undefined)) === undefined) return undefined
    return { ...common, state: 'damaged', damage: asSystemError(error)?.text ?? errorText(error) }
  }
}

async function readRecord(path: string): Promise<QuarantineRecord> {
  const text = await readBounded(path, RECORD_LIMIT)
  try {
    return parseRecord(text)
  } catch (error) {
    throw new CandyError('QUARANTINE', `${path}: it ${errorText(error)}`)
  }
}

/** Bytes of a message; 0 where it cannot be read. */
export async function sizeOf(directory: string, name: string): Promise<number> {
  const stat = await lstat(join(directory, name, 'message.eml')).catch(() => undefined)
  return stat?.isFile() === true ? stat.size : 0
}
