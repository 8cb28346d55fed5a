/**
 * All that an operator wrote, as it was at one moment: plain data, so that it can be handed to another process and kept on
 * disk. Whoever has it needs none of the files any more, but for the code of packages, of which it says where that is.
 */
import type { IgnoredEntry } from '../config/directory.js'
import type { FoundPackage } from '../packages/found-package.js'
import type { ScriptEntry } from '../script/script.js'

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
