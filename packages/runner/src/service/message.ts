/** What the supervisor and a worker say to each other over Node.js' channel between processes. */

import type { Place } from './places.js'

/** To a worker, once, first. */
export interface Assignment {
  readonly configDirectory: string
  /** The worker has inherited a socket for each, in this order. */
  readonly places: readonly Place[]
}

export type ToWorker = { readonly is: 'start'; readonly assignment: Assignment } | { readonly is: 'drain' }

export type FromWorker =
  /** It takes mail. */
  | { readonly is: 'ready' }
  /** It cannot, and ends. `code` is a CandyError's. */
  | { readonly is: 'failed'; readonly text: string; readonly code?: string }
  /** Sent every second: its event loop turns. */
  | { readonly is: 'alive'; readonly sessions: number }

/** Where in a worker the first listening socket is: after standard input, output, error and the channel. */
export const FIRST_SOCKET = 4
