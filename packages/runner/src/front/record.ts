/** What every front writes down about a judged message: in the quarantine, and in the log. */
import { printable } from '@candy/sdk'
import type { Subject } from '../chain/judge.js'
import type { Outcome, Report } from '../chain/outcome.js'
import type { Log } from '../log/log.js'
import { store } from '../quarantine/store.js'

/** Stores the message as it came in; gives its name in the quarantine. Throws `QUARANTINE`. */
export function quarantine(directory: string, subject: Subject, { reason, reports }: Outcome): Promise<string> {
  const { id, envelope, content } = subject
  const time = new Date().toISOString()
  const record = { version: 1, id, time, envelope, ...(reason && { reason }), reports, size: content.size } as const
  return store(directory, record, content.open())
}

/** One line for one message. `answer` is what upstream hears; `temporary`: it will come again. */
export function logJudged(log: Log, subject: Subject, outcome: Outcome, answer: string, temporary: boolean): void {
  const { id, envelope, content } = subject
  log.write(temporary ? 'warn' : 'info', 'judged', {
    id,
    sender: envelope.sender,
    recipients: envelope.recipients.length,
    size: content.size,
    action: outcome.action,
    answer,
    filters: printReports(outcome.reports),
  })
}

/** `clamav accept 12 ms, spam reject 80 ms`, in one line. */
export function printReports(reports: readonly Report[]): string {
  return printable(reports.map(({ name, action, milliseconds }) => `${name} ${action} ${milliseconds} ms`).join(', '))
}
