/**
 * `candy list`: shows the filters of filters.d in order, which copy of each package is used, and whether every filter can be
 * loaded. It loads the code of filters as the service does, and therefore with the rights of the account candy.
 */
import type { Command } from 'commander'
import { printProblem } from '../config/problem.js'
import { type Configuration, readConfiguration } from '../filters/configuration.js'
import { examine, type FilterHealth } from '../filters/examination.js'
import { type ListedFile, type ListedFilter, listFilters } from '../filters/list.js'
import type { Log } from '../log/log.js'
import { receivesMail } from '../postfix/mail-receipt.js'
import { readSizeLimit } from '../postfix/size-limit.js'
import { EX_CONFIG, EX_OK } from './failure.js'
import { healthWarnings } from './filter-check.js'
import { withoutFilterOutput } from './filter-output.js'
import { addHelp } from './help-text.js'
import { findConfigDirectory } from './postfix-instance.js'
import { mustChangeAccount, runAsCandy } from './privileges.js'
import { printTable } from './table.js'
import { withTypedInstance } from './typed-instance.js'

interface ListOptions {
  readonly config?: string
  readonly filters?: string
  readonly ask?: true
  readonly json?: true
}

/** The warning if Postfix sends no mail to candy. */
const NO_MAIL = 'Postfix gives no mail to candy: no service in master.cf names it; "candy enable" sets that up'

export function addList(candy: Command): void {
  const command = candy
    .command('list')
    .summary('check the configuration, and list the filters')
    .description('check the configuration, and show the filters in the order in which they run')
    .option('--filters <dir>', 'a directory to use for filters.d')
    .option('--ask', 'ask each filter whether it could work now: whether its scanner is there, say')
    .option('--json', 'print JSON')
    .action(async (_, command: Command) => list(command.optsWithGlobals<ListOptions>()))
  addHelp(command, {
    notes: [
      'Each line says which copy of a package is used. Files of filters.d that are ignored are named, with the reason.',
    ],
    exits: { 0: 'all can be loaded', 64: 'the command line is wrong', 78: 'something is wrong' },
  })
}

async function list({ config, filters, ask, json }: ListOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(config)
  if (await mustChangeAccount()) return runAsCandy()
  const configuration = await readConfiguration({
    configDirectory,
    ...(filters !== undefined && { filtersDirectory: filters }),
  })
  // Only a filter that is asked for its state needs the limit, and Postfix's commands are slow.
  const messageSizeLimit = ask === true ? await readSizeLimit(configDirectory) : undefined
  const options = { log: NO_LOG, check: true, ...(messageSizeLimit !== undefined && { messageSizeLimit }) }
  const { problems, health } = await withoutFilterOutput(() => examine(configuration, options, ask === true))
  const report = {
    problems: problems.map(printProblem),
    health,
    warnings: (await receivesMail(configDirectory)) ? [] : [withTypedInstance(NO_MAIL, config)],
  }
  if (!json)
    for (const line of [...report.problems, ...report.warnings.map(warn), ...healthWarnings(health)])
      console.error(line)
  const text = json ? `${JSON.stringify(toJson(configuration, report))}\n` : printListing(configuration, report)
  // End the process explicitly: filters may have left timers or connections open, which would keep it running.
  process.stdout.write(text, () => process.exit(problems.length === 0 ? EX_OK : EX_CONFIG))
}

/** What is reported besides the list itself. */
interface ListReport {
  readonly problems: readonly string[]
  readonly health: readonly FilterHealth[]
  readonly warnings: readonly string[]
}

const NO_LOG: Log = { write: () => {}, close: async () => {} }

function warn(text: string): string {
  return `warning: ${text}`
}

function toJson(configuration: Configuration, { problems, health, warnings }: ListReport): object {
  const { snapshot, settings } = configuration
  return {
    version: 1,
    directory: snapshot.directory,
    mode: settings.mode,
    entries: listFilters(configuration),
    problems,
    warnings,
    health,
  }
}

function printListing(configuration: Configuration, { problems, health }: ListReport): string {
  const { directory } = configuration.snapshot
  const entries = listFilters(configuration)
  const rows = entries.map((entry) => (entry.kind === 'ignored' ? ignoredRow(entry) : filterRow(entry)))
  const table = rows.length === 0 ? '' : `${directory}\n${printTable(HEAD, rows)}\n`
  const healthy = health.filter(({ ok }) => ok).map(({ name, text }) => `${name}: ${text}\n`)
  // With a problem nothing of filters.d is in force, so it would be wrong to state that mail passes unfiltered.
  const none = problems.length === 0 && entries.every(({ kind }) => kind === 'ignored')
  return [table, ...healthy, none ? `${directory} has no filters: mail passes unfiltered\n` : ''].join('')
}

const HEAD = ['name', 'filter', 'version', 'on reject', 'found', 'for some recipients']

function filterRow(entry: ListedFilter): string[] {
  const found = entry.kind === 'script' ? entry.path : (entry.directory ?? 'not found')
  const rules = (entry.recipients ?? []).map(({ pattern, enabled }) => `${pattern} ${enabled ? 'otherwise' : 'off'}`)
  return [
    entry.name,
    entry.package ?? 'script',
    entry.version ?? '',
    entry.policy?.onReject ?? '',
    found,
    rules.join('\n'),
  ]
}

function ignoredRow({ name, reason }: ListedFile): string[] {
  return [name, 'ignored', '', '', reason]
}
