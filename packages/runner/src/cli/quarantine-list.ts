/** `candy quarantine list`: what lies in the quarantine. */
import { printable } from '@candy/sdk'
import type { Command } from 'commander'
import { counted } from '../log/counting.js'
import { type Entry, readEntries } from '../quarantine/entry.js'
import { isSelected } from '../quarantine/selection.js'
import { asciiJson } from './ascii-json.js'
import { addHelp } from './help-text.js'
import { openQuarantine } from './quarantine-directory.js'
import { addSelection, criteriaOf, type SelectionOptions } from './quarantine-selection.js'
import { printBytes } from './status-text.js'
import { printTable } from './table.js'

interface ListOptions extends SelectionOptions {
  readonly json?: true
}

export function addQuarantineList(quarantine: Command): void {
  const command = addSelection(quarantine.command('list'))
    .description('list the messages in the quarantine, the oldest first')
    .option('--json', 'print JSON')
    .action((_, command: Command) => list(command.optsWithGlobals<ListOptions>()))
  addHelp(command, {
    examples: [
      ['candy quarantine list --newer-than 1d', 'what came since yesterday'],
      ['candy quarantine list --recipient "*@example.org" --state held', 'what nobody has released to this domain'],
    ],
    exits: { 0: 'listed', 64: 'the command line is wrong', 66: 'there is no quarantine', 77: 'not allowed' },
  })
}

async function list(options: ListOptions): Promise<void> {
  const quarantine = await openQuarantine(options.config)
  if (quarantine === undefined) return
  const { directory, names } = quarantine
  const criteria = criteriaOf(options)
  const rows: Summary[] = []
  for await (const entry of readEntries(directory, names)) if (isSelected(entry, criteria)) rows.push(summaryOf(entry))
  if (options.json) return console.log(asciiJson({ version: 1, directory, messages: rows }))
  if (rows.length === 0) return console.log(`${directory} has no ${names.length === 0 ? '' : 'such '}messages`)
  const bytes = rows.reduce((sum, { size }) => sum + size, 0)
  console.log(`${printTable(HEAD, rows.map(rowOf))}\n\n${counted(rows.length, 'message')}, ${printBytes(bytes)}`)
}

/** What a list tells of a message. */
export interface Summary {
  readonly name: string
  readonly state: Entry['state']
  /** ISO 8601, UTC; null where the name is none that candy gives. */
  readonly time: string | null
  readonly size: number
  /** What is wrong, of a damaged one; that has none of what follows. */
  readonly damage?: string
  readonly id?: string
  readonly sender?: string
  readonly recipients?: readonly string[]
  readonly filter?: string
  readonly reason?: string
  readonly from?: string
  readonly subject?: string
}

export function summaryOf(entry: Entry): Summary {
  const { name, state, size } = entry
  const common = { name, state, time: entry.time === undefined ? null : new Date(entry.time).toISOString(), size }
  if (entry.state === 'damaged') return { ...common, damage: entry.damage }
  const { id, envelope, reason, header } = entry.record
  const { sender, recipients } = envelope
  return {
    ...common,
    ...{ id, sender, recipients, filter: reason.filter, reason: reason.text },
    ...(header.from !== undefined && { from: header.from }),
    ...(header.subject !== undefined && { subject: header.subject }),
  }
}

const HEAD = ['name', 'state', 'size', 'sender', 'recipients', 'filter', 'reason', 'subject']

function rowOf(summary: Summary): readonly string[] {
  const { name, state, size, damage, sender, recipients = [], filter = '', reason = '', subject = '' } = summary
  const [first = '', ...others] = recipients
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return [
    printable(name),
    state,
    String(size),
    sender === undefined ? '' : printable(`<${sender}>`),
    recipients.length === 0 ? '' : printable(`<${first}>${more}`),
    printable(filter),
    printable(damage ?? reason),
    printable(subject),
  ]
}
