/**
 * What Postfix is told about a message that is not delivered, and the RFC 3463 status that JSON has: one table, from the
 * outcome to the exit status of `candy pipe` and `candy check` and to the reply in SMTP and LMTP. A message that is delivered
 * is answered with the next hop's own reply. docs/verdicts.md shows the table whole.
 */
import { printable } from '@candy/sdk'
import { UNDECIDED } from '../chain/decision.js'
import type { Outcome, OutcomeAction, Reason, StoppedOutcome } from '../chain/outcome.js'
import { makeReply, type Reply } from '../smtp/reply.js'

/** sysexits(3): EX_UNAVAILABLE makes Postfix bounce, EX_TEMPFAIL makes it try again. No other status may leave `candy pipe`. */
export type ExitStatus = 0 | 69 | 75

interface Row {
  /** Exit status of `candy pipe`. */
  readonly exit: ExitStatus
  /** Exit status of `candy check`, for which a message in the quarantine is not a success. */
  readonly checkExit: ExitStatus
  /** SMTP reply code (RFC 5321 §4.2.3). */
  readonly code: number
  /** Class digit of the RFC 3463 status. */
  readonly statusClass: 2 | 4 | 5
}

const TABLE: Readonly<Record<OutcomeAction, Row>> = {
  accept: { exit: 0, checkExit: 0, code: 250, statusClass: 2 },
  quarantine: { exit: 0, checkExit: 69, code: 250, statusClass: 2 },
  discard: { exit: 0, checkExit: 69, code: 250, statusClass: 2 },
  refuse: { exit: 69, checkExit: 69, code: 550, statusClass: 5 },
  defer: { exit: 75, checkExit: 75, code: 451, statusClass: 4 },
}

export interface Answer {
  readonly exit: ExitStatus
  readonly code: number
  /** RFC 3463, with its class digit: `5.7.1`. */
  readonly status: string
  /** The text behind the status. */
  readonly text: string
}

/** The answer when something failed that no filter decided. The log has the reason; the sender is not told. */
export const UNAVAILABLE: Answer = { exit: 75, code: 451, status: '4.3.0', text: UNDECIDED.text }

/** The answer of `candy pipe` when its configuration is wrong (RFC 3463 4.3.5: "system incorrectly configured"). */
export const MISCONFIGURED: Answer = { ...UNAVAILABLE, status: '4.3.5', text: 'content filter configuration error' }

/** The answer to an outcome after which nothing is left to do. */
export function answerTo(outcome: StoppedOutcome): Answer {
  const { exit, code } = TABLE[outcome.action]
  const { filter, text } = outcome.reason
  const words = outcome.action === 'discard' ? printable(`discarded by ${filter}: ${text}`) : text
  return { exit, code, status: statusOf(outcome), text: words }
}

/** The answer once the quarantine has the message, whatever its outcome was. `name` is its name in the quarantine. */
export function quarantinedAnswer({ filter, text }: Reason, name: string): Answer {
  const { exit, code } = TABLE.quarantine
  return { exit, code, status: '2.0.0', text: printable(`quarantined as ${name} by ${filter}: ${text}`) }
}

/** The RFC 3463 status that Postfix is told for an outcome. */
export function statusOf(outcome: Outcome): string {
  const { statusClass } = TABLE[outcome.action]
  if (outcome.action === 'accept' || statusClass === 2) return '2.0.0'
  return `${statusClass}.${outcome.reason.status.join('.')}`
}

/** The exit status of `candy check` for an outcome. */
export function checkExitOf({ action }: Outcome): ExitStatus {
  return TABLE[action].checkExit
}

/** An answer as SMTP and LMTP have it. */
export function replyOf({ code, status, text }: Answer): Reply {
  return makeReply(code, `${status} ${text}`)
}
