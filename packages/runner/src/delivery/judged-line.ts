/**
 * The log line that tells everything about one judged message: who sent it to whom, what each filter said and why, what was
 * done with it, and what Postfix was answered (docs/logs.md). What matters most comes first, since a line may be cut.
 */
import { type Client, type Envelope, printable } from '@candy/sdk'
import type { Outcome, Report } from '../chain/outcome.js'
import type { RecipientGroup } from '../chain/recipient-group.js'
import type { Log, LogFields } from '../log/log.js'

/** Recipients that the line names; of the others it has the number. */
const NAMED_RECIPIENTS = 10

export interface JudgedMessage {
  readonly group: RecipientGroup
  readonly messageId: string | undefined
  /** What Postfix is answered. */
  readonly answer: string
  /** The class of the answer (RFC 3463 §2): with 4 Postfix will send the message again. */
  readonly statusClass: 2 | 4 | 5
  /** The code of the error that has made the answer another one than the outcome says. */
  readonly failure?: string
}

/** What was done in the end: Postfix keeps a message after a temporary answer, whatever the outcome was, and returns it after a permanent one. */
export function actionOf({ group: { outcome }, statusClass }: JudgedMessage): Outcome['action'] {
  if (statusClass === 4) return 'defer'
  if (statusClass === 5) return 'refuse'
  return outcome.action === 'accept' || outcome.action === 'discard' ? outcome.action : 'quarantine'
}

/** Writes the line, one for each group of recipients with an outcome of its own. */
export function logJudged(log: Log, judged: JudgedMessage): void {
  const { group, messageId, answer, statusClass } = judged
  const { message, outcome } = group
  const action = actionOf(judged)
  const { id, envelope, content } = message
  log.write(statusClass === 4 ? 'warn' : 'info', 'judged', {
    id,
    action,
    ...(action !== outcome.action && { instead_of: outcome.action }),
    answer: printable(answer),
    filters: outcome.reports.map(printReport).join('; ') || 'none',
    ...(outcome.reports.some(({ askable }) => askable) && { ask: 'candy list --ask' }),
    ...(outcome.action !== 'accept' && { decided_by: outcome.reason.filter }),
    message_id: messageId ?? '',
    ...clientFields(envelope.client),
    sender: envelope.sender,
    size: content.size,
    recipients: printRecipients(envelope),
  })
}

/** `50-clamav accept 12 ms`; `50-clamav error 3 ms (SCANNER_UNREACHABLE: no clamd at unix:/run/clamav/clamd.ctl)`. */
export function printReport({ name, action, milliseconds, text, code }: Report): string {
  const why = [code, text].filter((part) => part !== undefined && part !== '').join(': ')
  return printable(`${name} ${action} ${milliseconds} ms${why === '' ? '' : ` (${why})`}`)
}

function clientFields(client: Client | undefined): LogFields {
  if (client === undefined) return {}
  const { address, name = 'unknown', helo, login } = client
  return {
    client: `${name}[${address}]`,
    ...(helo !== undefined && { helo }),
    ...(login !== undefined && { login }),
  }
}

function printRecipients({ recipients }: Envelope): string {
  const named = recipients.slice(0, NAMED_RECIPIENTS).join(', ')
  const more = recipients.length - NAMED_RECIPIENTS
  return more > 0 ? `${named} and ${more} more` : named
}
