/**
 * The messages on the control socket. The client sends one JSON object on one line, the service answers with one, and the
 * connection ends. `version` is 1; it changes when a member is removed or changes its meaning. New commands and members may be
 * added at any time.
 */

export interface ControlRequest {
  readonly version: 1
  /**
   * `reload`: read the configuration again, and put it in force. `in-force`: tell which configuration is in force, and which files
   * have been changed since.
   */
  readonly command: 'reload' | 'in-force'
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
  readonly inForce: InForce
  /** The files and scripts that are not, or no longer, as the configuration in force has them. */
  readonly changed: readonly string[]
}

export interface ControlError {
  readonly version: 1
  readonly error: string
}

/** The largest length of a line: bytes. */
export const LINE_LIMIT: number = 1024 ** 2
