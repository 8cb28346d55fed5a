/** The record of one judged message for the history: what judged-line.ts tells people, as numbers and words that can be counted. */
import type { Outcome } from '../chain/outcome.js'
import type { HistoryRecord } from '../history/record.js'
import { actionOf, type JudgedMessage } from './judged-line.js'

export interface RecordContext {
  readonly mode: string
  /** When the message had been received: milliseconds of `performance.now()`. */
  readonly receivedAt: number
  /** Whether the record names senders and recipients. */
  readonly addresses: boolean
}

export function recordOf(judged: JudgedMessage, { mode, receivedAt, addresses }: RecordContext): HistoryRecord {
  const { message, outcome } = judged.group
  const { id, envelope, content } = message
  const { sender, recipients } = envelope
  const reason = reasonOf(judged)
  return {
    time: new Date().toISOString(),
    id,
    mode,
    action: actionOf(judged),
    milliseconds: Math.round(performance.now() - receivedAt),
    size: content.size,
    recipients: recipients.length,
    filters: outcome.reports.map(({ askable: _, ...report }) => report),
    ...(outcome.action !== 'accept' && { filter: outcome.reason.filter }),
    ...(reason !== undefined && { reason }),
    ...(addresses && { sender, to: recipients }),
  }
}

export interface UnjudgedMessage {
  readonly id: string | undefined
  readonly mode: string
  readonly receivedAt: number
  readonly recipients: number
  /** The code of the error that kept the message from being judged. */
  readonly reason: string
  readonly refused?: true
}

/** The record of a message that no filter was asked about, because it could not be kept or the filters could not be loaded. */
export function unjudgedRecordOf({
  id,
  mode,
  receivedAt,
  recipients,
  reason,
  refused,
}: UnjudgedMessage): HistoryRecord {
  return {
    time: new Date().toISOString(),
    id: id ?? '',
    mode,
    action: refused ? 'refuse' : 'defer',
    milliseconds: Math.round(performance.now() - receivedAt),
    size: 0,
    recipients,
    filters: [],
    reason,
  }
}

/** The code of what decided, where that was no verdict. */
function reasonOf(judged: JudgedMessage): string | undefined {
  const { failure, group } = judged
  if (failure !== undefined) return failure
  if (group.outcome.action !== 'accept') return errorOf(group.outcome)
  // The next hop, or another group of recipients whose message cannot be answered otherwise.
  return actionOf(judged) === 'accept' ? undefined : 'OTHER_RECIPIENTS'
}

function errorOf({ reports, reason }: Exclude<Outcome, { readonly action: 'accept' }>): string | undefined {
  const report = reports.find(({ name }) => name === reason.filter)
  if (report === undefined) return 'ERROR'
  if (report.action === 'error') return codeOf(report.code)
  // The deadline of the message came before the filter's result could count.
  return report.action === 'accept' || report.action === 'skipped' ? 'DEADLINE' : undefined
}

/** The code of an error in capitals (docs/errors.md); `ERROR` when it has none. */
export function codeOf(code: unknown): string {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,39}$/.test(code) ? code : 'ERROR'
}
