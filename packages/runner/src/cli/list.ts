/** `candy list`: what stands in filters.d, in order, and which copy of each package is used. Runs no filter's code. */
import type { Command } from 'commander'
import { type Configuration, readConfiguration } from '../site/configuration.js'
import { type ListedFile, type ListedFilter, listSite } from '../site/list.js'
import { inOrder, printProblem } from '../site/problem.js'
import { findConfigDirectory } from './config-directory.js'
import { EX_CONFIG, EX_OK } from './exit-status.js'
import { printTable } from './table.js'

interface ListOptions {
  readonly config?: string
  readonly filters?: string
  readonly json?: true
}

export function addList(candy: Command): void {
  candy
    .command('list')
    .description('show the filters in the order in which they run')
    .option('--filters <dir>', 'a directory to use for filters.d')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit status: 0 all can be loaded, 78 something is wrong.')
    .action(async (_, command: Command) => list(command.optsWithGlobals<ListOptions>()))
}

async function list({ config, filters, json }: ListOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(config)
  const configuration = await readConfiguration({
    configDirectory,
    ...(filters !== undefined && { filtersDirectory: filters }),
  })
  const problems = inOrder(configuration.problems).map(printProblem)
  process.stdout.write(json ? `${JSON.stringify(toJson(configuration, problems))}\n` : printListing(configuration))
  for (const problem of json ? [] : problems) console.error(problem)
  process.exitCode = problems.length === 0 ? EX_OK : EX_CONFIG
}

function toJson(configuration: Configuration, problems: readonly string[]): object {
  const { snapshot, settings } = configuration
  return {
    version: 1,
    directory: snapshot.directory,
    mode: settings.mode,
    entries: listSite(configuration),
    problems,
  }
}

function printListing(configuration: Configuration): string {
  const { directory } = configuration.snapshot
  const entries = listSite(configuration)
  if (entries.length === 0) return `${directory} is empty: mail passes unfiltered\n`
  const rows = entries.map((entry) => (entry.kind === 'ignored' ? ignoredRow(entry) : filterRow(entry)))
  return `${directory}\n${printTable(HEAD, rows)}\n`
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
