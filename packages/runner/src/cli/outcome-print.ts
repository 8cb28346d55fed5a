/** An outcome for people and for programs. The JSON form is a promise: docs/json.md names every member. */
import type { Status } from '@candy/sdk'
import Table from 'cli-table3'
import type { Outcome } from '../chain/outcome.js'

const CLASSES: Readonly<Record<Outcome['action'], 2 | 4 | 5>> = {
  accept: 2,
  refuse: 5,
  quarantine: 5,
  discard: 5,
  defer: 4,
}

export function toJson(outcome: Outcome): object {
  const { action, reason, edits, rewritten, reports } = outcome
  return {
    version: 1,
    action,
    ...(reason !== undefined && { filter: reason.filter, text: reason.text }),
    status: printStatus(action, reason?.status ?? [0, 0]),
    edits,
    rewritten,
    filters: reports,
  }
}

export function printOutcome(outcome: Outcome): string {
  const { action, reason, edits, rewritten, reports } = outcome
  const table = new Table({ head: ['filter', 'said', 'ms', 'why'], style: { head: [], border: [] } })
  for (const report of reports) table.push([report.name, report.action, report.milliseconds, report.text ?? ''])
  const lines = reports.length === 0 ? ['no filters'] : [table.toString()]
  for (const edit of edits) lines.push('add' in edit ? `+ ${edit.add}: ${edit.value}` : `- ${edit.remove}`)
  if (rewritten) lines.push('the content was rewritten')
  lines.push(reason === undefined ? action : `${action}: ${reason.filter}: ${reason.text}`)
  return `${lines.join('\n')}\n`
}

function printStatus(action: Outcome['action'], [subject, detail]: Status): string {
  return `${CLASSES[action]}.${subject}.${detail}`
}
