/**
 * The last configuration that was good, kept over a restart of the service: a half-typed file must not make all mail wait.
 * It is no more to be believed than anything else that candy may write; whoever reads it is candy, and looks at the
 * packages that it names again.
 */
import { fileURLToPath } from 'node:url'
import { readRegular } from '../config/file.js'
import { Ownership } from '../config/ownership.js'
import { type Configuration, reopen } from '../filters/configuration.js'
import type { Snapshot, SnapshotEntry } from '../filters/snapshot.js'
import { isWhole } from './script-copies.js'
import { writeWhole } from './state-directory.js'

/** Bytes; drop-ins have at most a mebibyte each. */
const LIMIT = 64 * 1024 ** 2

export interface LastGood {
  /** When it was found to be good: ISO 8601. */
  readonly since: string
  readonly configuration: Configuration
}

interface Kept {
  readonly version: 1
  readonly since: string
  readonly snapshot: Snapshot
}

/** Throws what the file system says. */
export function keepLastGood(path: string, snapshot: Snapshot): void {
  const kept: Kept = { version: 1, since: new Date().toISOString(), snapshot }
  writeWhole(path, `${JSON.stringify(kept)}\n`, 0o600)
}

/** What was kept for this Postfix; nothing where there is nothing, or nothing that may be believed. */
export function readLastGood(path: string, configDirectory: string): LastGood | undefined {
  try {
    if (new Ownership().complaint(path) !== undefined) return undefined
    const kept = JSON.parse(readRegular(path, LIMIT).toString()) as Partial<Kept>
    const { version, since, snapshot } = kept
    if (version !== 1 || snapshot?.version !== 1 || typeof since !== 'string') return undefined
    if (snapshot.configDirectory !== configDirectory || !snapshot.entries.every(isThere)) return undefined
    return { since, configuration: reopen(snapshot, []) }
  } catch {
    // Half of it, or something else: the next good one takes its place.
    return undefined
  }
}

/** Whether what an entry needs is still where it was, and nobody else may have changed it. */
function isThere(entry: SnapshotEntry): boolean {
  if (entry.kind === 'ignored') return true
  if (entry.kind === 'script')
    return entry.copy === undefined ? new Ownership().complaint(entry.path) === undefined : isWhole(entry.copy)
  return entry.package !== undefined && new Ownership().complaint(fileURLToPath(entry.package.module)) === undefined
}
