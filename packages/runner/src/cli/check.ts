/** `candy check`: judges one message with the filters of `filters.d`, without Postfix. */
import { createReadStream, createWriteStream, fstatSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Envelope } from '@candy/sdk'
import { type Command, InvalidArgumentError } from 'commander'
import { Chain } from '../chain/chain.js'
import { Deadline } from '../chain/deadline.js'
import { parseMailAddress } from '../chain/mail-address.js'
import type { RecipientGroup } from '../chain/recipient-group.js'
import { checkExitOf } from '../delivery/answer.js'
import { planDeliveries } from '../delivery/outcome-delivery.js'
import { readConfiguration } from '../filters/configuration.js'
import { type LoadedFilters, loadFilters } from '../filters/loaded-filters.js'
import type { Log } from '../log/log.js'
import { openStreamLog } from '../log/stream-log.js'
import { CLEANUP_DEFAULTS, type CleanupSettings, cleanedUp } from '../message/cleanup.js'
import { headersWithin } from '../message/header-block.js'
import { canonical } from '../message/line-ends.js'
import { senderOf, withoutMboxLine } from '../message/saved-message.js'
import { receive, type Spool } from '../message/spool.js'
import { errorText } from '../os/error-text.js'
import { MODES } from '../postfix/mode.js'
import { EX_IOERR, EX_NOINPUT, EX_TEMPFAIL, EX_USAGE, Failure } from './failure.js'
import { addHelp } from './help-text.js'
import { mostSevere, printGroups, toJson } from './outcome.js'
import { findConfigDirectory } from './postfix-instance.js'
import { inheritedFile, mustChangeAccount, runAsCandy } from './privileges.js'

/** Bytes of a message to keep in memory. A larger message gets a file in the system's temporary directory. */
const MAX_MEMORY = 16 * 1024 * 1024

interface CheckOptions {
  readonly config?: string
  readonly filters?: string
  readonly filter?: string
  readonly from?: string
  readonly to?: readonly [string, ...string[]]
  readonly out?: string
  readonly json?: true
  readonly verbose?: true
}

export function addCheck(candy: Command): void {
  const command = candy
    .command('check')
    .description('judge one message without Postfix')
    .argument('[file]', 'the file of the message; - is standard input', '-')
    .option('--filters <dir>', 'a directory to use for filters.d')
    .option('--filter <package>', 'judge with this filter alone: a package or the path of one')
    .option(
      '--from <address>',
      'envelope sender; empty is a bounce (default: what Return-Path or From says)',
      parseSender,
    )
    .option('--to <address>', 'an envelope recipient; may be repeated (default: postmaster)', collectRecipient)
    .option('--out <file>', 'write the message as it would go on')
    .option('--json', 'print JSON')
    .option('-v, --verbose', 'print what the filters log')
    .action(async (file: string, _, command: Command) => check(file, command.optsWithGlobals<CheckOptions>()))
  addHelp(command, {
    notes: ['Nothing is sent or quarantined. Filters run with the rights of the account candy.'],
    examples: [
      ['candy check message.eml', 'what all filters say'],
      [
        'candy check --to a@example.org --to b@example.com message.eml',
        'what each recipient gets, where filters have rules for recipients',
      ],
      ['candy check --filter ./my-filter message.eml', 'try a filter that you write'],
    ],
    exits: {
      0: 'accepted',
      64: 'the command line is wrong',
      66: 'the message cannot be read',
      69: 'refused, quarantined or discarded',
      75: 'deferred',
      78: 'something in the configuration is wrong',
    },
  })
}

/** Adds the recipient of one `--to`. An option with several values would also consume the file name behind it. */
function collectRecipient(address: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseRecipient(address)]
}

/** Parses `--from`. The null sender of bounces is an empty word, or `<>` as in SMTP. */
function parseSender(written: string): string {
  return written === '' || written === '<>' ? '' : parseRecipient(written)
}

/** Parses an address, with or without angle brackets. Anything else is refused, since no real envelope has it. */
function parseRecipient(written: string): string {
  const address = written.replace(/^<(.*)>$/s, '$1')
  if (parseMailAddress(address) !== undefined) return address
  throw new InvalidArgumentError(
    'Not a mail address: write user@example.org, with quotes in it where it has blanks ("a b"@example.org).',
  )
}

const MBOX_LINE =
  'the first line is left out: mbox has put it there, and it is none of the message; all that follows is judged as one message'

/**
 * The message is judged as cleanup(8) would pass it on, with one exception: the Return-Path in a file of delivered mail is kept,
 * since it names the sender.
 */
const CLEANUP: CleanupSettings = { ...CLEANUP_DEFAULTS, messageDropHeaders: [] }

async function check(file: string, options: CheckOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(options.config)
  // Open both files before the account changes, because the account candy may have no access to them.
  const input = file === '-' ? undefined : (inheritedFile('input') ?? openInput(file))
  const out = options.out === undefined ? undefined : (inheritedFile('out') ?? openOutput(options.out))
  if (await mustChangeAccount())
    return runAsCandy({ opened: { ...(input !== undefined && { input }), ...(out !== undefined && { out }) } })
  const spool = { directory: tmpdir(), memory: MAX_MEMORY }
  const log = openStreamLog(process.stderr)
  const filterLog = { ...log, write: options.verbose ? log.write : () => {} }
  const loaded = await load(configDirectory, options, filterLog)
  let content: Spool | undefined
  let groups: readonly RecipientGroup[] = []
  try {
    const bytes = input === undefined ? process.stdin : createReadStream('', { fd: input })
    const reportMboxLine = (): void => {
      if (!options.json) console.error(MBOX_LINE)
    }
    const lines = canonical(withoutMboxLine(bytes, reportMboxLine))
    content = await receive(cleanedUp(lines, CLEANUP), spool)
    const envelope = await envelopeOf(content, options)
    const chain = new Chain(loaded.filters, { spool, log: filterLog, onReject: MODES[loaded.settings.mode].onReject })
    groups = await chain.run({ id: 'check', envelope, content }, new Deadline())
    if (out !== undefined) await writeContent(groups, out)
    const original = { envelope, header: await headerOf(content) }
    process.stdout.write(options.json ? `${JSON.stringify(toJson(original, groups))}\n` : printGroups(original, groups))
    if (!options.json) suggestAsk(groups, options)
    const outcome = mostSevere(groups)
    process.exitCode = outcome === undefined ? EX_TEMPFAIL : checkExitOf(outcome)
  } finally {
    for (const { outcome } of groups) await outcome.close()
    await content?.close()
    await loaded.close()
  }
}

/** Suggests `candy list --ask` for filters that could not decide: it tells why. It can only ask the filters of a directory. */
function suggestAsk(groups: readonly RecipientGroup[], { config, filters, filter }: CheckOptions): void {
  const reports = groups.flatMap(({ outcome }) => outcome.reports)
  const names = new Set(reports.filter(({ askable }) => askable).map(({ name }) => name))
  if (names.size === 0 || filter !== undefined) return
  const place = filters === undefined ? '' : ` --filters ${filters}`
  const command = `candy${config === undefined ? '' : ` -c ${config}`} list${place} --ask`
  console.error(`why ${[...names].join(' and ')} could not decide, and what to do about it: ${command}`)
}

/**
 * The envelope for judging. Filters treat bounces differently, so the null sender is used only if the message names no sender.
 */
async function envelopeOf(content: Spool, { from, to }: CheckOptions): Promise<Envelope> {
  return { sender: from ?? senderOf(await headerOf(content)) ?? '', recipients: to ?? ['postmaster'] }
}

/** The header of the message. Empty if it is too large to be kept in memory; the outcome then states that. */
async function headerOf(content: Spool): Promise<Uint8Array> {
  return (await headersWithin(content)) ?? new Uint8Array()
}

/** Writes the message as it would be delivered. Writes nothing if it would not be delivered. */
async function writeContent(groups: readonly RecipientGroup[], out: number): Promise<void> {
  const [delivery, other] = await planDeliveries(groups)
  if (other !== undefined) {
    const what = 'the message goes on in more than one form: name recipients who get the same'
    throw new Failure(EX_USAGE, `--out: ${what}`)
  }
  if (delivery !== undefined) await pipeline(Readable.from(delivery.content.open()), createWriteStream('', { fd: out }))
}

async function load(configDirectory: string, { filters, filter }: CheckOptions, log: Log): Promise<LoadedFilters> {
  const configuration = await readConfiguration({
    configDirectory,
    ...(filters !== undefined && { filtersDirectory: resolve(filters) }),
    ...(filter !== undefined && { filter: /^[./]/.test(filter) ? resolve(filter) : filter }),
  })
  return loadFilters(configuration, { log, check: true })
}

function openInput(file: string): number {
  const input = open(file)
  if (fstatSync(input).isDirectory()) {
    throw new Failure(EX_NOINPUT, `${file}: a directory, where the file of one message is wanted`)
  }
  return input
}

function open(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw new Failure(EX_NOINPUT, `${file}: ${errorText(error)}`)
  }
}

function openOutput(file: string): number {
  try {
    return openSync(file, 'w', 0o600)
  } catch (error) {
    throw new Failure(EX_IOERR, `${file}: ${errorText(error)}`)
  }
}
