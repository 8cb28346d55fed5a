/**
 * The last good configuration, saved for the next start of the service: when a file is wrong at that moment, the service runs with
 * this one, and mail does not wait. The file can be trusted no more than anything else that the account candy may write. So only
 * processes of candy read it, and they check again the ownership of the packages and scripts that it names.
 */
import { fileURLToPath } from 'node:url'
import { readRegular } from '../config/file.js'
import { Ownership } from '../config/ownership.js'
import { type Configuration, reopen } from '../filters/configuration.js'
import type { Snapshot, SnapshotEntry } from '../filters/snapshot.js'
import { isIntact } from './script-copies.js'
import { writeAtomically } from './state-directory.js'

/** The largest size of the file: bytes. Each drop-in has 1 MiB at most. */
const LIMIT = 64 * 1024 ** 2

export interface LastGood {
  /** When it was saved: ISO 8601. */
  readonly since: string
  readonly configuration: Configuration
}

interface SavedConfiguration {
  readonly version: 1
  readonly since: string
  readonly snapshot: Snapshot
}

/** Saves a configuration that is in force as the last good one. Throws the error of the system call. */
export function saveLastGood(path: string, snapshot: Snapshot): void {
  const saved: SavedConfiguration = { version: 1, since: new Date().toISOString(), snapshot }
  writeAtomically(path, `${JSON.stringify(saved)}\n`, 0o600)
}

/** Reads the configuration that was saved for this Postfix; undefined when there is none, or when it cannot be trusted. */
export function readLastGood(path: string, configDirectory: string): LastGood | undefined {
  try {
    if (new Ownership().complaint(path) !== undefined) return undefined
    const saved = JSON.parse(readRegular(path, LIMIT).toString()) as Partial<SavedConfiguration>
    const { version, since, snapshot } = saved
    if (version !== 1 || snapshot?.version !== 1 || typeof since !== 'string') return undefined
    if (snapshot.configDirectory !== configDirectory || !snapshot.entries.every(isUsable)) return undefined
    return { since, configuration: reopen(snapshot, []) }
  } catch {
    // The file is missing, unreadable or no such JSON. The next good configuration overwrites it.
    return undefined
  }
}

/** Whether the file that an entry needs is still there, and nobody else could have changed it. */
function isUsable(entry: SnapshotEntry): boolean {
  if (entry.kind === 'ignored') return true
  if (entry.kind === 'script')
    return entry.copy === undefined ? new Ownership().complaint(entry.path) === undefined : isIntact(entry.copy)
  return entry.package !== undefined && new Ownership().complaint(fileURLToPath(entry.package.module)) === undefined
}
