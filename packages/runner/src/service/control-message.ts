/**
 * What is said on the control socket: one object of JSON on a line each way, then the connection ends. `version` is 1, and
 * changes when a worker goes away or changes its meaning; new commands and workers may come at any time.
 */

export interface ControlRequest {
  readonly version: 1
  /** `reload`: take the configuration as it is now. */
  readonly command: 'reload'
}

/** A filter as it is in force. */
export interface FilterInForce {
  readonly name: string
  /** The drop-in or the script. */
  readonly path: string
  readonly package?: string
  readonly directory?: string
  readonly version?: string
}

export interface InForce {
  /** Counts from 1 since the service was started. */
  readonly generation: number
  /** ISO 8601. */
  readonly since: string
  /** `last good`: what is in the files was refused when the service was started, and this is what was in force before. */
  readonly configuration: 'files' | 'last good'
  readonly filters: readonly FilterInForce[]
}

export interface ReloadAnswer {
  readonly version: 1
  readonly reloaded: boolean
  /** Why not: `FILE:LINE:COLUMN: key: what`, one for each thing that is wrong. */
  readonly problems: readonly string[]
  readonly inForce: InForce
}

export interface ControlError {
  readonly version: 1
  readonly error: string
}

/** Bytes of a line at most. */
export const LINE_LIMIT: number = 1024 ** 2
