/** `candy quarantine show`: one message of the quarantine: why it is there, what was done with it, and its header. */

import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseHeaders, printable } from '@candy/sdk'
import type { Command } from 'commander'
import { printReport } from '../delivery/judged-line.js'
import { counted } from '../log/counting.js'
import { readHeaderBlock } from '../message/header-block.js'
import { errorText } from '../os/error-text.js'
import { localTime } from '../os/local-time.js'
import { type Entry, readEntry, type SoundEntry } from '../quarantine/entry.js'
import type { DatedEvent } from '../quarantine/events.js'
import { openRegular } from '../quarantine/regular-file.js'
import { asciiJson } from './ascii-json.js'
import { EX_UNAVAILABLE, EX_USAGE, Failure } from './failure.js'
import { addHelp } from './help-text.js'
import { findName, openQuarantine } from './quarantine-directory.js'
import { summaryOf } from './quarantine-list.js'

interface ShowOptions {
  readonly config?: string
  readonly raw?: true
  readonly json?: true
}

/** Fields of a header that are shown. */
const SHOWN_FIELDS = 100

export function addQuarantineShow(quarantine: Command): void {
  const command = quarantine
    .command('show')
    .description('show a message: why it is there, what each filter said, what was done with it, and its header')
    .argument('<message>', 'its name or queue id, or the beginning of either, as "candy quarantine list" shows them')
    .option('--raw', 'write the message itself, byte for byte, to a file or a pipe')
    .option('--json', 'print JSON')
    .action((name: string, _, command: Command) => show(name, command.optsWithGlobals<ShowOptions>()))
  addHelp(command, {
    examples: [['candy quarantine show --raw 4X2bQz >message.eml', 'the message itself']],
    exits: { 0: 'shown', 64: 'the command line is wrong', 69: 'there is no such message, or it is damaged' },
  })
}

async function show(typed: string, { config, raw, json }: ShowOptions): Promise<void> {
  const quarantine = await openQuarantine(config)
  if (quarantine === undefined) return
  const name = findName(typed, quarantine)
  if (raw) return writeRaw(join(quarantine.directory, name))
  const entry = await readEntry(quarantine.directory, name)
  if (entry === undefined) throw new Failure(EX_UNAVAILABLE, `${name} is gone: somebody has deleted it`)
  if (json) console.log(asciiJson({ version: 1, message: await toJson(entry) }))
  else console.log((await linesOf(entry, quarantine.command)).join('\n'))
  if (entry.state === 'damaged') process.exitCode = EX_UNAVAILABLE
}

/** The bytes of a message are a stranger's: a terminal would obey what is among them. */
async function writeRaw(path: string): Promise<void> {
  if (process.stdout.isTTY) {
    throw new Failure(EX_USAGE, 'a terminal would obey what a stranger wrote: send it into a file, > message.eml')
  }
  const file = await openRegular(join(path, 'message.eml'))
  await pipeline(file.createReadStream(), process.stdout, { end: false })
}

async function toJson(entry: Entry): Promise<object> {
  if (entry.state === 'damaged') return summaryOf(entry)
  const { name, state, size, record, events } = entry
  return { name, state, size, record, events, header: (await fieldsOf(entry)).fields }
}

async function linesOf(entry: Entry, command: string): Promise<readonly string[]> {
  const { name, state } = entry
  if (entry.state === 'damaged') {
    return [`name        ${printable(name)}`, 'state       damaged', `damage      ${printable(entry.damage)}`]
  }
  const { record, events, standing } = entry
  const { id, time, mode, envelope, reason, reports, size } = record
  const { sender, recipients, client } = envelope
  const { fields, left } = await fieldsOf(entry)
  return [
    `name        ${name}`,
    `state       ${state}${state === 'uncertain' ? `: ${[...standing.uncertain].map(printable).join(', ')} may have it` : ''}`,
    `time        ${printable(localTime(time))}`,
    `id          ${printable(id)}`,
    `mode        ${printable(mode)}`,
    ...(client === undefined
      ? []
      : [`client      ${printable(`${client.name ?? 'unknown'}[${client.address}] ${client.helo ?? ''}`)}`]),
    `sender      ${printable(`<${sender}>`)}`,
    ...recipients.map((recipient, at) => `${at === 0 ? 'recipients' : '          '}  ${printable(`<${recipient}>`)}`),
    `size        ${size}`,
    `reason      ${printable(`${reason.filter}: ${reason.text}`)}`,
    ...reports.map((report, at) => `${at === 0 ? 'filters' : '       '}     ${printReport(report)}`),
    ...events.map((event, at) => `${at === 0 ? 'events' : '      '}      ${printEvent(event)}`),
    '',
    ...fields.map(printable),
    ...(left === undefined ? [] : [`(${left})`]),
    '',
    ...(state === 'released' || state === 'releasing' ? [] : [`${command} release ${name}`]),
    `${command} delete ${name}`,
  ]
}

/** The header, field by field, without line ends. `left` says what is not shown. */
async function fieldsOf({ path }: SoundEntry): Promise<{ readonly fields: readonly string[]; readonly left?: string }> {
  try {
    const file = await openRegular(join(path, 'message.eml'))
    const block = await readHeaderBlock(file.createReadStream())
    const all = parseHeaders(block)
    const fields = all
      .slice(0, SHOWN_FIELDS)
      .map(({ start, end }) => Buffer.from(block).toString('latin1', start, end).replace(/\r\n/g, ''))
    const left = all.length - fields.length
    return left > 0 ? { fields, left: `and ${counted(left, 'more field')}` } : { fields }
  } catch (error) {
    return { fields: [], left: `the header cannot be shown: ${printable(errorText(error))}` }
  }
}

function printEvent(event: DatedEvent): string {
  const time = localTime(event.time)
  switch (event.event) {
    case 'releasing':
      return printable(`${time} process ${event.by.pid} began to release it to ${event.recipients.join(', ')}`)
    case 'sending':
      return printable(`${time} it was sent, all but its end`)
    case 'released':
      return printable(`${time} released: ${event.reply}`)
    case 'failed':
      return printable(`${time} not released: ${event.text}`)
    case 'uncertain':
      return printable(`${time} may have been released: ${event.text}`)
    default:
      return printable(`${time} ${(event as DatedEvent).event}`)
  }
}
