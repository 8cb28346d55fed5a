/** What the supervisor and a worker say to each other over Node.js' channel between processes. */

import type { Problem } from '../config/problem.js'
import type { Snapshot } from '../filters/snapshot.js'
import type { Endpoint } from './endpoints.js'

/** To a worker, once, first. It reads no other configuration. */
export interface Assignment {
  readonly snapshot: Snapshot
  /** What was wrong when the snapshot was made: the worker adds what else is wrong, and fails. */
  readonly problems: readonly Problem[]
  /** The worker has inherited a socket for each, in this order. */
  readonly endpoints: readonly Endpoint[]
}

export type ToWorker =
  | { readonly is: 'start'; readonly assignment: Assignment }
  /** Take mail from now on. */
  | { readonly is: 'open' }
  /** Take no more, finish what is under way, and end. */
  | { readonly is: 'drain' }

export type FromWorker =
  /** All is loaded; it stands by. */
  | { readonly is: 'ready' }
  /** It takes mail. */
  | { readonly is: 'open' }
  /** It cannot, and ends. `code` is a CandyError's. */
  | { readonly is: 'failed'; readonly text: string; readonly code?: string }
  /** Sent every second: its event loop turns. `utilization` is 1 where it has no time or no session left to give. */
  | { readonly is: 'alive'; readonly sessions: number; readonly utilization: number }

/** Where in a worker the first listening socket is: after standard input, output, error and the channel. */
export const FIRST_SOCKET = 4
