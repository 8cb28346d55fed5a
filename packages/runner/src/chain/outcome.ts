/** What the chain decided about a message for some of its recipients. Replies, exit statuses and JSON are made from it. */
import type { HeaderEdit, Status } from '@candy/sdk'
import type { MessageContent } from '../message/content.js'

export type Outcome = AcceptedOutcome | StoppedOutcome

export type OutcomeAction = Outcome['action']

/** The message goes on. */
export interface AcceptedOutcome extends CommonOutcome {
  readonly action: 'accept'
}

/** The message does not go on. `content` is the message as it came in. */
export interface StoppedOutcome extends CommonOutcome {
  readonly action: 'refuse' | 'defer' | 'quarantine' | 'discard'
  readonly reason: Reason
}

interface CommonOutcome {
  /** The message as it goes on: edits and new content applied. */
  readonly content: MessageContent
  /** All header edits that were applied, in order. */
  readonly edits: readonly HeaderEdit[]
  /** Whether a filter's new content has replaced the message's content. */
  readonly rewritten: boolean
  /** One for each filter that was asked and whose result counted, in `filters.d` order. */
  readonly reports: readonly Report[]
  /** Frees what the chain spooled; `content` cannot be read then, unless it is the message as it came in. May be called again. */
  close(): Promise<void>
}

/** Why a message does not go on. */
export interface Reason {
  /** The filter that decided. */
  readonly filter: string
  /** One line of printable ASCII, at most 400 bytes; tells a stranger nothing about this host. */
  readonly text: string
  readonly status: Status
}

/** The result of one filter, for logs and `--json`. */
export interface Report {
  readonly name: string
  /** What the filter said; `error`: it could not decide; `skipped`: the message is larger than its `max_size`. */
  readonly action: 'accept' | 'reject' | 'quarantine' | 'defer' | 'unscannable' | 'error' | 'skipped'
  readonly milliseconds: number
  /** Why: the verdict's text, or the error's. For the log, never for the client. */
  readonly text?: string
  /** The error's code, where it has one. */
  readonly code?: string
  /** Its scanner did not serve it, and the filter can say why: `candy list --ask`. */
  readonly askable?: true
}
