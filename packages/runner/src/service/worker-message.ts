/** The messages between the supervisor and a worker, on the channel that Node.js opens to a child process. */
import type { Problem } from '../config/problem.js'
import type { FilterHealth } from '../filters/examination.js'
import type { Snapshot } from '../filters/snapshot.js'
import type { Endpoint } from './endpoints.js'
import type { Idle } from './session-server.js'

/** The configuration of a worker. It is in the first message that the worker gets; the worker reads no configuration file. */
export interface Assignment {
  /** The version of candy that the supervisor runs. A worker of another one does not start. */
  readonly version: string
  readonly snapshot: Snapshot
  /** What was wrong when the snapshot was made. When there is any, the worker reports it with what else it finds wrong, and ends. */
  readonly problems: readonly Problem[]
  /** The worker has inherited a socket for each endpoint, in this order. */
  readonly endpoints: readonly Endpoint[]
}

export type ToWorker =
  | { readonly is: 'start'; readonly assignment: Assignment }
  /** The worker takes mail from now on. */
  | { readonly is: 'open' }
  /** The worker asks its filters whether they could work now. */
  | { readonly is: 'check' }
  /** The worker takes no more mail, finishes its sessions, and ends. May be sent again. */
  | { readonly is: 'drain'; readonly idle: Idle }

export type FromWorker =
  /** The worker has loaded everything and stands by. */
  | { readonly is: 'ready' }
  /** The worker takes mail. */
  | { readonly is: 'open' }
  /** The worker cannot start or take mail, and ends. `code` is that of a CandyError. */
  | { readonly is: 'failed'; readonly text: string; readonly code?: string }
  /** What the filters say that can tell. */
  | { readonly is: 'checked'; readonly health: readonly FilterHealth[] }
  /**
   * Sent every second by a worker whose event loop runs. `utilization` is 1 when it has no time left, or as many sessions as it may.
   * `spooled` is the number of bytes of messages that it holds in files.
   */
  | { readonly is: 'alive'; readonly sessions: number; readonly utilization: number; readonly spooled: number }

/** The descriptor of the first listening socket in a worker: it follows standard input, output and error, and the channel. */
export const FIRST_SOCKET = 4
