/**
 * A snapshot: the content of all configuration files at one moment. It is plain data, so that the supervisor can send it to its
 * workers and save it. A process that has it needs none of the files, except for the code of packages, whose place it names.
 */
import type { IgnoredEntry } from '../config/directory.js'
import type { FoundPackage } from '../packages/found-package.js'
import type { ScriptEntry } from '../script/script.js'

export interface Snapshot {
  /** The version of this form. */
  readonly version: 1
  /** Postfix's configuration directory. */
  readonly configDirectory: string
  /** The text of candy.toml; empty when there is no such file. */
  readonly toml: string
  /** The path of `filters.d`. */
  readonly directory: string
  /** In the order in which filters run. */
  readonly entries: readonly SnapshotEntry[]
}

export type SnapshotEntry = DropInEntry | ScriptEntry | IgnoredEntry

export interface DropInEntry {
  readonly kind: 'drop-in'
  readonly name: string
  readonly path: string
  /** The text of the drop-in; absent when it could not be read. */
  readonly text?: string
  /** The package that it names; absent when it was not found or may not be used. */
  readonly package?: FoundPackage
}
