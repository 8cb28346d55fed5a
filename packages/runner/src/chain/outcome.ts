/** What the chain decided about one message: the one value that a front turns into a reply, an exit status or JSON. */
import type { HeaderEdit, Status } from '@candy/sdk'
import type { Content } from '../message/content.js'

export type OutcomeAction = 'accept' | 'refuse' | 'defer' | 'quarantine' | 'discard'

/** How one filter came out, for logs and `--json`. */
export interface Report {
  readonly name: string
  /** What the filter said; `error`: it could not decide; `skipped`: the message is larger than its `max_size`. */
  readonly action: 'accept' | 'reject' | 'quarantine' | 'defer' | 'unscannable' | 'error' | 'skipped'
  readonly milliseconds: number
  /** Why: the verdict's text, or the error's. For the log, never for the client. */
  readonly text?: string
  /** The error's code, where it has one. */
  readonly code?: string
}

/** Why a message does not simply go on. */
export interface Reason {
  /** The filter that decided. */
  readonly filter: string
  /** One line of printable ASCII, at most 400 bytes; tells a stranger nothing about the site. */
  readonly text: string
  readonly status: Status
}

export interface Outcome {
  readonly action: OutcomeAction
  /** Absent when the action is `accept`. */
  readonly reason?: Reason
  /** The message as it goes on: edits and new content applied. The original where it does not go on. */
  readonly content: Content
  /** All header edits that were applied, in order. */
  readonly edits: readonly HeaderEdit[]
  /** Whether a filter's new content took the original's place. */
  readonly rewritten: boolean
  /** One for each filter that was asked and heard, in `filters.d` order. */
  readonly reports: readonly Report[]
  /** Gives back what the chain spooled; `content` is gone then, unless it is the original. May be called again. */
  close(): Promise<void>
}
