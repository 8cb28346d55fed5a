/**
 * The one table from outcome to what Postfix hears: an exit status for pipe(8), a reply for SMTP and LMTP
 * (docs/verdicts.md shows it whole).
 */
import type { Status } from '@candy/sdk'
import type { Outcome, OutcomeAction } from '../chain/outcome.js'

/** sysexits(3): EX_UNAVAILABLE makes Postfix bounce, EX_TEMPFAIL makes it try again. No other status may leave `candy pipe`. */
export type ExitStatus = 0 | 69 | 75

interface Answer {
  readonly exit: ExitStatus
  /** SMTP reply code (RFC 5321 §4.2.3). */
  readonly code: number
  /** Class digit of the RFC 3463 status. */
  readonly statusClass: 2 | 4 | 5
}

interface Wording {
  /** RFC 3463, with its class digit. */
  readonly status: string
  /** The status and why. */
  readonly text: string
}

const ANSWERS: Readonly<Record<OutcomeAction, Answer>> = {
  accept: { exit: 0, code: 250, statusClass: 2 },
  quarantine: { exit: 0, code: 250, statusClass: 2 },
  discard: { exit: 0, code: 250, statusClass: 2 },
  refuse: { exit: 69, code: 550, statusClass: 5 },
  defer: { exit: 75, code: 451, statusClass: 4 },
}

/** The answer to an outcome, where nothing goes wrong afterwards. */
export function answerTo(outcome: Pick<Outcome, 'action' | 'reason'>): Answer & Wording {
  const answer = ANSWERS[outcome.action]
  const status: Status = outcome.reason !== undefined && answer.statusClass !== 2 ? outcome.reason.status : [0, 0]
  const text = outcome.reason?.text ?? 'accepted'
  const printed = `${answer.statusClass}.${status[0]}.${status[1]}`
  return { ...answer, status: printed, text: `${printed} ${text}` }
}
