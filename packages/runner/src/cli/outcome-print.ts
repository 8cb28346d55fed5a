/** An outcome for people and for programs. The JSON form is a promise: docs/json.md names every member. */
import { type HeaderEdit, printable } from '@candy/sdk'
import Table from 'cli-table3'
import type { Outcome } from '../chain/outcome.js'
import type { Party } from '../chain/party.js'
import { answerTo } from '../front/answer.js'

/** What weighs more comes first. */
const WEIGHTS: readonly Outcome['action'][] = ['defer', 'refuse', 'quarantine', 'discard', 'accept']

/** The outcome that speaks for the message where its parties came out differently: the weightiest. */
export function weightiest(parties: readonly Party[]): Outcome | undefined {
  const weightOf = ({ action }: Outcome): number => WEIGHTS.indexOf(action)
  return parties.map(({ outcome }) => outcome).toSorted((a, b) => weightOf(a) - weightOf(b))[0]
}

export function toJson(parties: readonly Party[]): object {
  const outcome = weightiest(parties)
  return {
    version: 1,
    ...(outcome && members(outcome)),
    parties: parties.map((party) => ({ recipients: party.subject.envelope.recipients, ...members(party.outcome) })),
  }
}

function members({ action, reason, edits, rewritten, reports }: Outcome): object {
  return {
    action,
    ...(reason !== undefined && { filter: reason.filter, text: reason.text }),
    status: answerTo({ action, ...(reason !== undefined && { reason }) }).status,
    edits,
    rewritten,
    filters: reports,
  }
}

/** Says who is meant where not all recipients are. */
export function printParties(parties: readonly Party[]): string {
  const heading = ({ subject }: Party): string =>
    parties.length === 1 ? '' : `${subject.envelope.recipients.join(', ')}:\n`
  return parties.map((party) => heading(party) + printOutcome(party.outcome)).join('\n')
}

function printOutcome({ action, reason, edits, rewritten, reports }: Outcome): string {
  const table = new Table({ head: ['filter', 'said', 'ms', 'why'], style: { head: [], border: [] } })
  for (const report of reports) table.push([report.name, report.action, report.milliseconds, report.text ?? ''])
  const lines = reports.length === 0 ? ['no filters'] : [table.toString()]
  for (const edit of edits) lines.push(printEdit(edit))
  if (rewritten) lines.push('the content was rewritten')
  lines.push(reason === undefined ? action : `${action}: ${reason.filter}: ${reason.text}`)
  return `${lines.join('\n')}\n`
}

function printEdit(edit: HeaderEdit): string {
  if ('add' in edit) return `+ ${edit.add}: ${edit.value}`
  if (edit.where === undefined) return `- ${edit.remove}`
  const which =
    'value' in edit.where ? `: ${printable(edit.where.value)}` : ` number ${edit.where.place + 1} from the top`
  return `- ${edit.remove}${which}`
}
