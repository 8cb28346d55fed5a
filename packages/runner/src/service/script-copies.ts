/**
 * Scripts as they were when a configuration was read: each is copied, and the copy runs, so that an editor which writes a
 * script in endpoint changes nothing before the next reload. A copy is named by its content, and is used again.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { FileError, readRegular } from '../config/file.js'
import { type Problem, reason } from '../config/problem.js'
import type { Configuration, Source } from '../filters/configuration.js'
import type { Snapshot } from '../filters/snapshot.js'
import { writeWhole } from './state-directory.js'

/** Bytes of a script or program. */
const LIMIT = 64 * 1024 ** 2

/**
 * The configuration with a copy of each script, in a directory that candy alone may write. What cannot be copied is a problem;
 * where nothing can be run in that directory, a script has no copy and runs from where it is.
 */
export function copyScripts(configuration: Configuration, directory: string): Configuration {
  const problems: Problem[] = [...configuration.problems]
  const copyOf = (path: string): string | undefined => {
    try {
      return copy(path, directory)
    } catch (error) {
      const what = error instanceof FileError ? error.message : `cannot be copied to ${directory}: ${reason(error)}`
      problems.push({ file: path, what })
      return undefined
    }
  }
  const withCopy = <T extends Source | Snapshot['entries'][number]>(entry: T, made: string | undefined): T =>
    made === undefined ? entry : { ...entry, copy: made }
  const copies = configuration.snapshot.entries.map((entry) =>
    entry.kind === 'script' && entry.head !== undefined ? copyOf(entry.path) : undefined,
  )
  const entries = configuration.snapshot.entries.map((entry, index) => withCopy(entry, copies[index]))
  return { ...configuration, snapshot: { ...configuration.snapshot, entries }, problems }
}

/** Removes the copies that none of the snapshots needs. */
export function pruneScripts(directory: string, snapshots: readonly Snapshot[]): void {
  const needed = new Set(
    snapshots.flatMap(({ entries }) => entries.map((entry) => (entry.kind === 'script' ? entry.copy : undefined))),
  )
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    if (!needed.has(path)) rmSync(path, { force: true, recursive: true })
  }
}

function copy(path: string, directory: string): string | undefined {
  const bytes = readRegular(path, LIMIT)
  const target = join(directory, hash(bytes))
  if (!isWhole(target)) writeWhole(target, bytes, 0o500)
  return mayRun(target) ? target : undefined
}

/** Not on a file system that is mounted noexec (mount(8), access(2)). */
function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether a copy is still what its name says. */
export function isWhole(copyPath: string): boolean {
  try {
    return copyPath.endsWith(`/${hash(readRegular(copyPath, LIMIT))}`)
  } catch {
    return false
  }
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
