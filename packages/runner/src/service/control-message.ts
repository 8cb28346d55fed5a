/**
 * The messages on the control socket. The client sends one JSON object on one line, the service answers with one, and the
 * connection ends. `version` is 1; it changes when a member is removed or changes its meaning. New commands and members may be
 * added at any time.
 */

import type { FilterHealth } from '../filters/examination.js'
import type { Summary } from '../history/counts.js'
import type { WindowName } from '../history/windows.js'
import type { QuarantineSize } from '../quarantine/size.js'

export interface ControlRequest {
  readonly version: 1
  /**
   * `reload`: read the configuration again, and put it in force. `in-force`: tell which configuration is in force, and which files
   * have been changed since. `status`: tell what the service does, and what became of the mail of the last day.
   */
  readonly command: 'reload' | 'in-force' | 'status'
}

/** A filter of the configuration in force. */
export interface FilterInForce {
  readonly name: string
  /** The file of the drop-in or of the script. */
  readonly path: string
  readonly package?: string
  readonly directory?: string
  readonly version?: string
}

export interface InForce {
  /** The number of the configuration, counted from 1 since the service was started. */
  readonly generation: number
  /** When it was put in force: ISO 8601. */
  readonly since: string
  /** `last good`: the service refused the files when it was started, and runs with the configuration that was in force before. */
  readonly configuration: 'files' | 'last good'
  readonly filters: readonly FilterInForce[]
}

export interface ReloadAnswer {
  readonly version: 1
  readonly reloaded: boolean
  /** Why it was not reloaded: `FILE:LINE:COLUMN: key: what`, one for each thing that is wrong. */
  readonly problems: readonly string[]
  readonly inForce: InForce
}

export interface InForceAnswer {
  readonly version: 1
  /** The version of candy whose code the service runs. */
  readonly candyVersion: string
  readonly inForce: InForce
  /** The files and scripts that are not, or no longer, as the configuration in force has them. */
  readonly changed: readonly string[]
}

export interface StatusAnswer {
  readonly version: 1
  /** The process id of the service. */
  readonly pid: number
  /** When the service was started: ISO 8601, as all times here. */
  readonly started: string
  readonly inForce: InForce
  /** The last reload since the service was started; missing when there was none. */
  readonly lastReload?: LastReload
  readonly workers: WorkersStatus
  readonly windows: Readonly<Record<WindowName, Summary>>
  /** What the filters say that can tell, and when they were asked; missing as long as they were not. */
  readonly health?: HealthRound
  /** Bytes of messages under way that are in files. */
  readonly spool: { readonly bytes: number }
  /** Missing when the quarantine cannot be read. */
  readonly quarantine?: QuarantineSize
  /** Free space for the state directory; missing when the system does not tell. */
  readonly disk?: { readonly free: number }
  /** `damaged`: lines in it that are no records; `error`: why it cannot be read. */
  readonly history: { readonly damaged: number; readonly error?: string }
}

export interface LastReload {
  readonly time: string
  readonly reloaded: boolean
  /** As in `ReloadAnswer`. */
  readonly problems: readonly string[]
}

export interface WorkersStatus {
  readonly active: number
  readonly standby: number
  readonly sessions: number
  /** How many have died since the service was started. */
  readonly deaths: number
}

export interface HealthRound {
  readonly checked: string
  readonly filters: readonly FilterHealth[]
}

export interface ControlError {
  readonly version: 1
  readonly error: string
}

/** The largest length of a line: bytes. */
export const LINE_LIMIT: number = 1024 ** 2
