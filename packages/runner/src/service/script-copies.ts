/**
 * Copies of the scripts, made when a configuration is read. The workers run the copies, so an edit of a script takes effect only
 * with the next reload. The name of a copy is the hash of its content, so a script that has not changed is not copied again.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { FileError, readRegular } from '../config/file.js'
import { type Problem, reason } from '../config/problem.js'
import type { Configuration, Source } from '../filters/configuration.js'
import type { Snapshot } from '../filters/snapshot.js'
import { writeAtomically } from './state-directory.js'

/** The largest size of a script or program: bytes. */
const LIMIT = 64 * 1024 ** 2

/**
 * Copies each script into a directory that only candy may write, and returns the configuration with the paths of the copies. A
 * script that cannot be copied is added to the problems. When no program can be run in that directory, scripts have no copies, and
 * run from where they are.
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
  const withCopy = <T extends Source | Snapshot['entries'][number]>(entry: T, path: string | undefined): T =>
    path === undefined ? entry : { ...entry, copy: path }
  const copies = configuration.snapshot.entries.map((entry) =>
    entry.kind === 'script' && entry.head !== undefined ? copyOf(entry.path) : undefined,
  )
  const entries = configuration.snapshot.entries.map((entry, index) => withCopy(entry, copies[index]))
  return { ...configuration, snapshot: { ...configuration.snapshot, entries }, problems }
}

/** Removes the copies that none of the snapshots names. */
export function removeUnusedCopies(directory: string, snapshots: readonly Snapshot[]): void {
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
  if (!isIntact(target)) writeAtomically(target, bytes, 0o500)
  return isExecutable(target) ? target : undefined
}

/** Whether the file can be run: not when its file system is mounted noexec (mount(8), access(2)). */
function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether the content of a copy still has the hash that is its name. */
export function isIntact(copyPath: string): boolean {
  return isCopyOf(copyPath, copyPath)
}

/** Whether a script is still as it was when the copy was made, whose name is the hash of its content. */
export function isCopyOf(path: string, copyPath: string): boolean {
  try {
    return copyPath.endsWith(`/${hash(readRegular(path, LIMIT))}`)
  } catch {
    return false
  }
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
