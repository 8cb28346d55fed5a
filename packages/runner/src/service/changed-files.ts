/**
 * Compares the configuration in force with the files. What was edited since the last reload has no effect yet, and an operator
 * who has forgotten the reload wonders why.
 */
import { join } from 'node:path'
import type { Snapshot, SnapshotEntry } from '../filters/snapshot.js'
import { isCopyOf } from './script-copies.js'

/** The paths of the files that differ, in the order in which the configuration has them. `inForce` has copies of scripts, `files` has none. */
export function changedFiles(inForce: Snapshot, files: Snapshot): readonly string[] {
  const toml = inForce.toml === files.toml ? [] : [join(files.configDirectory, 'candy.toml')]
  const [before, now] = [inForce, files].map(
    ({ entries }) => new Map(entries.filter(({ kind }) => kind !== 'ignored').map((entry) => [entry.path, entry])),
  )
  const paths = [...(now?.keys() ?? []), ...(before?.keys() ?? [])]
  return [...toml, ...new Set(paths.filter((path) => !isSame(before?.get(path), now?.get(path))))]
}

function isSame(before: SnapshotEntry | undefined, now: SnapshotEntry | undefined): boolean {
  if (before?.kind === 'script' && now?.kind === 'script')
    return before.copy === undefined || isCopyOf(now.path, before.copy)
  if (before?.kind !== 'drop-in' || now?.kind !== 'drop-in') return false
  return before.text === now.text && JSON.stringify(before.package) === JSON.stringify(now.package)
}
