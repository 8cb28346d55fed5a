/** Formats an outcome as text for people and as JSON for programs. docs/json.md documents every member of the JSON form. */
import { type Envelope, editHeaders, type HeaderEdit, printable } from '@candy/sdk'
import type { Outcome } from '../chain/outcome.js'
import type { RecipientGroup } from '../chain/recipient-group.js'
import { statusOf } from '../delivery/answer.js'
import { printTable } from './table.js'

/** The actions, the most severe first. */
const SEVERITY: readonly Outcome['action'][] = ['defer', 'refuse', 'quarantine', 'discard', 'accept']

/** The most severe outcome of the recipient groups, which counts as the outcome of the whole message. */
export function mostSevere(groups: readonly RecipientGroup[]): Outcome | undefined {
  const rankOf = ({ action }: Outcome): number => SEVERITY.indexOf(action)
  return groups.map(({ outcome }) => outcome).toSorted((a, b) => rankOf(a) - rankOf(b))[0]
}

/** The message as it was before it was judged. */
export interface Original {
  readonly envelope: Envelope
  readonly header: Uint8Array
}

export function toJson({ envelope: { sender }, header }: Original, groups: readonly RecipientGroup[]): object {
  const outcome = mostSevere(groups)
  return {
    version: 1,
    ...(outcome && members(outcome, header)),
    sender,
    groups: groups.map((group) => ({
      recipients: group.message.envelope.recipients,
      ...members(group.outcome, header),
    })),
  }
}

function members(outcome: Outcome, header: Uint8Array): object {
  const { action, edits, rewritten, reports } = outcome
  return {
    action,
    ...(outcome.action !== 'accept' && { filter: outcome.reason.filter, text: outcome.reason.text }),
    status: statusOf(outcome),
    edits: effective(edits, header),
    rewritten,
    filters: reports,
  }
}

/**
 * The envelope that the filters judged, and the outcome of each group. With several groups, each has its recipients as a heading.
 */
export function printGroups(
  { envelope: { sender, recipients }, header }: Original,
  groups: readonly RecipientGroup[],
): string {
  const envelope = `from <${sender}> to ${recipients.map((one) => `<${one}>`).join(', ')}\n`
  const heading = ({ message }: RecipientGroup): string =>
    groups.length === 1 ? '' : `${message.envelope.recipients.join(', ')}:\n`
  return envelope + groups.map((group) => heading(group) + printOutcome(group.outcome, header)).join('\n')
}

function printOutcome(outcome: Outcome, header: Uint8Array): string {
  const { action, edits, rewritten, reports } = outcome
  const rows = reports.map(({ name, action, milliseconds, text = '' }) => [name, action, String(milliseconds), text])
  const lines = [rows.length === 0 ? 'no filters' : printTable(['filter', 'said', 'ms', 'why'], rows)]
  for (const edit of effective(edits, header)) lines.push(printEdit(edit))
  if (rewritten) lines.push('the content was rewritten')
  lines.push(outcome.action === 'accept' ? action : `${action}: ${outcome.reason.filter}: ${outcome.reason.text}`)
  return `${lines.join('\n')}\n`
}

/** The edits without those that remove fields which the header does not have. */
function effective(edits: readonly HeaderEdit[], header: Uint8Array): readonly HeaderEdit[] {
  return edits.filter((edit) => 'add' in edit || editHeaders(header, [edit]).length < header.length)
}

function printEdit(edit: HeaderEdit): string {
  if ('add' in edit) return `+ ${edit.add}: ${edit.value}`
  if (edit.where === undefined) return `- ${edit.remove}`
  const which =
    'value' in edit.where ? `: ${printable(edit.where.value)}` : ` number ${edit.where.place + 1} from the top`
  return `- ${edit.remove}${which}`
}
