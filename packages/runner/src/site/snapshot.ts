/**
 * All that an operator wrote, as it was at one moment: plain data, so that it can be handed to another process and kept on
 * disk. Whoever has it needs none of the files any more, but for the code of packages, of which it says where that is.
 */
import type { IgnoredEntry } from './directory.js'
import type { PackageLocation } from './locate.js'

export interface Snapshot {
  /** Of this form. */
  readonly version: 1
  /** Postfix's configuration directory. */
  readonly configDirectory: string
  /** The text of candy.toml; empty where there is none. */
  readonly toml: string
  /** `filters.d`. */
  readonly directory: string
  /** In the order in which filters run. */
  readonly entries: readonly SnapshotEntry[]
}

export type SnapshotEntry = DropInEntry | ScriptEntry | IgnoredEntry

export interface DropInEntry {
  readonly kind: 'drop-in'
  readonly name: string
  readonly path: string
  /** Absent where it could not be read. */
  readonly text?: string
  /** Absent where it was not found, or may not be used. */
  readonly package?: FoundPackage
}

/** A package that was found, and the module that makes its filter. */
export interface FoundPackage extends PackageLocation {
  /** URL of the module. */
  readonly module: string
}

export interface ScriptEntry {
  readonly kind: 'script'
  readonly name: string
  readonly path: string
  /** Its beginning, as Latin-1, with what it declares; absent where it could not be read. */
  readonly head?: string
  /** What is run in its place, so that an edit of it changes nothing before a reload. */
  readonly copy?: string
}
