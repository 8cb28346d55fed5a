/** `candy quarantine release`: gives messages of the quarantine to Postfix, past all filters. */
import { printable } from '@candy/sdk'
import { printAddress } from '@candy/sdk/values'
import { type Command, InvalidArgumentError } from 'commander'
import { parseMailAddress } from '../chain/mail-address.js'
import { soundSettings } from '../config/settings.js'
import { findReinjection } from '../delivery/reinjection-address.js'
import { type ReleaseOptions as DeliveryOptions, release } from '../delivery/release.js'
import { counted } from '../log/counting.js'
import { type Entry, readEntry } from '../quarantine/entry.js'
import { planRelease, type ReleaseRequest, readTwins } from '../quarantine/release-plan.js'
import { asciiJson } from './ascii-json.js'
import { EX_OK, EX_UNAVAILABLE, EX_USAGE, explain, Failure } from './failure.js'
import { addHelp } from './help-text.js'
import { openQuarantine, type Quarantine } from './quarantine-directory.js'
import { openQuarantineLog } from './quarantine-log.js'
import { addSelection, chooseEntries, type SelectionOptions } from './quarantine-selection.js'

interface ReleaseCommandOptions extends SelectionOptions {
  readonly only?: readonly string[]
  readonly to?: readonly string[]
  readonly again?: true
  readonly dryRun?: true
  readonly json?: true
}

export function addQuarantineRelease(quarantine: Command): void {
  const command = addSelection(quarantine.command('release'))
    .description('give messages to Postfix as they came, past all filters, with the envelope that they had')
    .argument(
      '[message...]',
      'the name or queue id of a message, or the beginning of either, as "candy quarantine list" shows them',
    )
    .option('--only <address>', 'release to this one of its recipients; may be repeated', collectRecipient)
    .option('--to <address>', 'release to this address in place of its recipients; may be repeated', collectAddress)
    .option('--again', 'release also to those who have it, or may have it')
    .option('--all', 'all messages')
    .option('--dry-run', 'show what would be released to whom, and do nothing')
    .option('--yes', 'do not ask, where options choose the messages')
    .option('--json', 'print JSON')
    .action((names: string[], _, command: Command) => run(names, command.optsWithGlobals<ReleaseCommandOptions>()))
  addHelp(command, {
    notes: [
      'A message stays in the quarantine as released until it expires or is deleted, and is released once unless --again is said.',
    ],
    examples: [
      ['candy quarantine release 4X2bQz', 'to all its recipients'],
      ['candy quarantine release --to postmaster@example.org 4X2bQz', 'to somebody who looks at it'],
    ],
    exits: {
      0: 'all are released',
      64: 'the command line is wrong',
      69: 'one is not',
      77: 'not allowed',
      78: 'something in candy.toml is wrong',
    },
  })
}

/** Adds the address of one `--only`, with or without angle brackets. */
function collectRecipient(written: string, before: readonly string[] = []): readonly string[] {
  return [...before, written.replace(/^<(.*)>$/s, '$1')]
}

/** The same of one `--to`, which is in no envelope yet. */
function collectAddress(written: string, before: readonly string[] = []): readonly string[] {
  const addresses = collectRecipient(written, before)
  if (parseMailAddress(addresses.at(-1) ?? '') !== undefined) return addresses
  throw new InvalidArgumentError('Not a mail address: write user@example.org.')
}

async function run(typed: readonly string[], options: ReleaseCommandOptions): Promise<void> {
  const { only, to, dryRun, json } = options
  if (only !== undefined && to !== undefined) {
    throw new Failure(EX_USAGE, '--only names recipients of the message and --to other addresses: say one of them')
  }
  const quarantine = await openQuarantine(options.config, { delivers: true })
  if (quarantine === undefined) return
  const { configDirectory } = quarantine
  const nextHop = dryRun ? undefined : await findReinjection(configDirectory, soundSettings(configDirectory))
  const entries = await chooseEntries(quarantine, typed, options, { verb: 'Release', ask: dryRun !== true })
  const request = { ...(only && { only }), ...(to && { to }), again: options.again === true }
  const log = openQuarantineLog(quarantine)
  const results: Result[] = []
  for (const entry of entries) {
    const result = await releaseOne(quarantine, entry, request, nextHop && { nextHop, log })
    results.push(result)
    if (!json) print(result, dryRun === true)
    if (nextHop === undefined || !result.isDown) continue
    const rest = entries.length - results.length
    const others = rest > 0 ? `; ${counted(rest, 'other message')} ${rest === 1 ? 'is' : 'are'} not tried` : ''
    console.error(
      `Postfix does not take mail at ${printAddress(nextHop)}: does it run, and was "candy enable" done?${others}`,
    )
    break
  }
  await log.close()
  const released = results.filter((one) => one.reply !== undefined)
  const kept = results.filter((one) => one.text !== undefined)
  if (json) console.log(asciiJson({ version: 1, released: released.map(jsonOf), kept: kept.map(jsonOf) }))
  else if (entries.length === 0) console.log('no such messages: nothing to release')
  process.exitCode = kept.length === 0 ? EX_OK : EX_UNAVAILABLE
}

interface Result {
  readonly name: string
  readonly recipients: readonly string[]
  /** What Postfix said, of a message that it has; empty with `--dry-run`. */
  readonly reply?: string
  /** Why it is not released. */
  readonly text?: string
  readonly warning?: string
  readonly isDown?: true
}

async function releaseOne(
  { directory, names }: Quarantine,
  { name }: Entry,
  request: ReleaseRequest,
  delivery: DeliveryOptions | undefined,
): Promise<Result> {
  const none = { name, recipients: [] }
  try {
    // Others may have done something with it since it was chosen.
    const entry = await readEntry(directory, name)
    if (entry === undefined) return { ...none, text: 'it is gone: somebody has deleted it' }
    if (entry.state === 'damaged') return { ...none, text: `it is damaged: ${entry.damage}` }
    const plan = planRelease(entry, request, await readTwins(directory, names, entry))
    if ('refused' in plan) return { ...none, text: plan.refused }
    const { recipients } = plan
    if (delivery === undefined) return { name, recipients, reply: '' }
    const became = await release(entry, plan, delivery)
    if (!became.released) return { name, recipients, text: became.text, ...(became.isDown && { isDown: true }) }
    const warning =
      became.warning === undefined
        ? {}
        : { warning: `it is delivered, and that could not be written down: ${became.warning}` }
    return { name, recipients, reply: became.reply, ...warning }
  } catch (error) {
    return { ...none, text: explain(error).text }
  }
}

function print({ name, recipients, reply, text, warning }: Result, isDry: boolean): void {
  const whom = recipients.map((one) => printable(`<${one}>`)).join(', ')
  if (text !== undefined) console.error(`${printable(name)}: not released: ${printable(text)}`)
  else if (isDry) console.log(`would release ${name} to ${whom}`)
  else console.log(`released ${name} to ${whom}: ${printable(reply ?? '')}`)
  if (warning !== undefined) console.error(`${name}: ${printable(warning)}`)
}

function jsonOf({ name, recipients, reply, text, warning }: Result): object {
  return {
    name,
    recipients,
    ...(reply !== undefined && { reply }),
    ...(text !== undefined && { text }),
    ...(warning && { warning }),
  }
}
