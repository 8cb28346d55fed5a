/** `candy remove`: removes a filter from filters.d in such a way that it can be put back as it was. */
import { existsSync, renameSync, unlinkSync } from 'node:fs'
import type { Command } from 'commander'
import { nearest } from '../config/nearest.js'
import { type Settings, soundSettings } from '../config/settings.js'
import { readConfiguration } from '../filters/configuration.js'
import { type ListedFile, type ListedFilter, listFilters } from '../filters/list.js'
import { uninstall } from '../packages/prefix.js'
import { confirm } from './confirmation.js'
import { EX_CONFIG, EX_UNAVAILABLE, Failure } from './failure.js'
import { addHelp } from './help-text.js'
import { assertRoot, changeInstance, findConfigDirectory } from './postfix-instance.js'
import { printReload, reloadAfter } from './reload.js'
import { withTypedInstance } from './typed-instance.js'

interface RemoveOptions {
  readonly config?: string
  readonly purge?: true
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
}

export function addRemove(candy: Command): void {
  const command = candy
    .command('remove')
    .summary('take a filter out of filters.d')
    .description('take a filter out of filters.d; its file stays beside the others as NAME.disabled')
    .argument('<filter>', 'the name of the filter as "candy list" shows it: 50-clamav')
    .option('--purge', 'delete the file, and the package where candy add has installed it and nobody else needs it')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask, where something is deleted')
    .option('--json', 'print JSON')
    .action((name: string, _, command: Command) => remove(name, command.optsWithGlobals<RemoveOptions>()))
  addHelp(command, {
    exits: {
      0: 'done, and in force where "candy serve" runs',
      64: 'the command line is wrong',
      69: 'no such filter',
      78: 'something in the configuration is wrong',
    },
  })
}

async function remove(name: string, { config, purge, dryRun, yes, json }: RemoveOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(config)
  const settings = soundSettings(configDirectory)
  const configuration = await readConfiguration({ configDirectory })
  const entries = listFilters(configuration)
  const filter = find(entries, name, configuration.snapshot.directory)
  const unused = purge === true && isUnused(entries, filter) ? filter.package : undefined
  const disabled = `${filter.path}.disabled`
  if (dryRun) {
    console.log(purge ? `delete ${filter.path}` : `rename ${filter.path} to ${disabled}`)
    if (unused !== undefined) console.log(`uninstall ${unused}`)
    return
  }
  assertRoot('candy remove')
  // Ask only if something is deleted: a renamed file can be put back.
  if (purge && !yes)
    await confirm(`Delete ${[filter.path, ...(unused ? [`package ${unused}`] : [])].join(' and the ')}?`, '--yes')
  await changeInstance('candy remove', configDirectory, () =>
    removeFilter({ config, filter, unused, settings, purge: purge === true, json: json === true }),
  )
}

interface Job {
  /** What was typed behind `-c`. */
  readonly config: string | undefined
  readonly purge: boolean
  readonly json: boolean
  readonly filter: ListedFilter
  /** The package to uninstall, because no other filter uses it; undefined if there is none. */
  readonly unused: string | undefined
  readonly settings: Settings
}

async function removeFilter({ config, filter, unused, settings, purge, json }: Job): Promise<void> {
  const { name } = filter
  const disabled = `${filter.path}.disabled`
  if (purge) unlinkSync(filter.path)
  else {
    if (existsSync(disabled)) throw new Failure(EX_UNAVAILABLE, `${disabled} is there already: delete it first`)
    renameSync(filter.path, disabled)
  }
  const uninstalled = unused === undefined ? undefined : await uninstall(settings.state, unused)
  const { inForce, answer: reload } = await reloadAfter(settings)
  if (inForce) await uninstalled?.removeOldTrees()
  if (json) {
    const result = purge ? 'deleted' : 'disabled'
    const removed = { name, path: filter.path, result, ...(unused !== undefined && { uninstalled: unused }) }
    console.log(JSON.stringify({ version: 1, removed, reload: reload ?? null }))
  } else {
    const back = `mv ${disabled} ${filter.path}, then "candy reload"`
    console.log(
      purge ? `${filter.path}: deleted` : withTypedInstance(`${filter.path}: removed; to put it back: ${back}`, config),
    )
    if (reload !== undefined) printReload(reload)
  }
  if (reload?.reloaded === false) process.exitCode = EX_CONFIG
}

type Entries = readonly (ListedFilter | ListedFile)[]

/** The filter with this name. Throws Failure, with a suggestion, if there is none. */
function find(entries: Entries, name: string, directory: string): ListedFilter {
  const filters = entries.filter((entry) => entry.kind !== 'ignored')
  const found = filters.find((entry) => entry.name === name)
  if (found !== undefined) return found
  const names = filters.map((entry) => entry.name)
  const meant = nearest(name, names)
  const hint = meant === undefined ? `there are: ${names.join(', ') || 'none'}` : `did you mean ${meant}?`
  throw new Failure(EX_UNAVAILABLE, `${directory} has no filter ${name}; ${hint}`)
}

/** Whether `candy add` has installed the filter's package, and no other drop-in names it. */
function isUnused(entries: Entries, filter: ListedFilter): boolean {
  const users = entries.filter((entry) => entry.kind !== 'ignored' && entry.package === filter.package)
  return filter.from === 'site' && users.length === 1
}
