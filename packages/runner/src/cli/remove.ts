/** `candy remove`: a filter out of filters.d, so that `candy add` can put it back as it was. */
import { existsSync, renameSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { nearest } from '../config/nearest.js'
import type { Settings } from '../config/settings.js'
import { readConfiguration } from '../filters/configuration.js'
import { type ListedFile, type ListedFilter, listFilters } from '../filters/list.js'
import { PrefixError } from '../packages/package-tree.js'
import { type Installed, uninstall } from '../packages/prefix.js'
import { findConfigDirectory } from './config-directory.js'
import { confirm } from './confirm.js'
import { EX_CONFIG, EX_UNAVAILABLE } from './exit-status.js'
import { Failure } from './failure.js'
import { assertRoot, changing, readSound } from './postfix-command.js'
import { printReload, reloadAfter } from './runner-reload.js'

interface RemoveOptions {
  readonly config?: string
  readonly purge?: true
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
}

export function addRemove(candy: Command): void {
  candy
    .command('remove')
    .description('take a filter out of filters.d; its file stays beside the others as NAME.disabled')
    .argument('<name>', 'as candy list shows it: 50-clamav')
    .option('--purge', 'delete the file, and the package where candy add has installed it and nobody else needs it')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask, where something is deleted')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit status: 0 done, and in force where candy serve runs, 64 usage, 69 no such filter, 78 something in the configuration is wrong.',
    )
    .action((name: string, _, command: Command) => remove(name, command.optsWithGlobals<RemoveOptions>()))
}

async function remove(name: string, { config, purge, dryRun, yes, json }: RemoveOptions): Promise<void> {
  const configDirectory = resolve(await findConfigDirectory(config))
  const settings = readSound(configDirectory)
  const configuration = await readConfiguration({ configDirectory })
  const entries = listFilters(configuration)
  const filter = find(entries, name, configuration.snapshot.directory)
  const unused = purge === true && isUnused(entries, filter) ? filter.package : undefined
  const resting = `${filter.path}.disabled`
  if (dryRun) {
    console.log(purge ? `delete ${filter.path}` : `rename ${filter.path} to ${resting}`)
    if (unused !== undefined) console.log(`uninstall ${unused}`)
    return
  }
  assertRoot('candy remove')
  // What only gets another name is put back by candy add; what is deleted is gone.
  if (purge && !yes)
    await confirm(`Delete ${[filter.path, ...(unused ? [`package ${unused}`] : [])].join(' and the ')}?`, '--yes')
  await changing('candy remove', configDirectory, () =>
    takeOut({ filter, unused, settings, purge: purge === true, json: json === true }),
  )
}

interface Job {
  readonly purge: boolean
  readonly json: boolean
  readonly filter: ListedFilter
  /** A package that nobody needs any more. */
  readonly unused: string | undefined
  readonly settings: Settings
}

async function takeOut({ filter, unused, settings, purge, json }: Job): Promise<void> {
  const { name } = filter
  const resting = `${filter.path}.disabled`
  if (purge) unlinkSync(filter.path)
  else {
    if (existsSync(resting)) throw new Failure(EX_UNAVAILABLE, `${resting} is there already: delete it first`)
    renameSync(filter.path, resting)
  }
  const uninstalled = unused === undefined ? undefined : await take(settings.state, unused)
  const reload = settings.mode !== 'pipe' ? await reloadAfter(settings.state) : undefined
  if (settings.mode === 'pipe' || reload?.reloaded === true) await uninstalled?.prune()
  if (json) {
    const became = purge ? 'deleted' : 'disabled'
    const removed = { name, path: filter.path, became, ...(unused !== undefined && { uninstalled: unused }) }
    console.log(JSON.stringify({ version: 1, removed, reload: reload ?? null }))
  } else {
    console.log(purge ? `${filter.path}: deleted` : `${filter.path}: removed; candy add puts it back from ${resting}`)
    if (reload !== undefined) printReload(reload)
  }
  if (reload?.reloaded === false) process.exitCode = EX_CONFIG
}

async function take(state: string, name: string): Promise<Installed> {
  try {
    return await uninstall(state, name)
  } catch (error) {
    throw error instanceof PrefixError ? new Failure(EX_UNAVAILABLE, error.message) : error
  }
}

type Entries = readonly (ListedFilter | ListedFile)[]

function find(entries: Entries, name: string, directory: string): ListedFilter {
  const filters = entries.filter((entry) => entry.kind !== 'ignored')
  const found = filters.find((entry) => entry.name === name)
  if (found !== undefined) return found
  const names = filters.map((entry) => entry.name)
  const meant = nearest(name, names)
  const hint = meant === undefined ? `there are: ${names.join(', ') || 'none'}` : `did you mean ${meant}?`
  throw new Failure(EX_UNAVAILABLE, `${directory} has no filter ${name}; ${hint}`)
}

/** Installed for this site, and named by no other drop-in. */
function isUnused(entries: Entries, filter: ListedFilter): boolean {
  const users = entries.filter((entry) => entry.kind !== 'ignored' && entry.package === filter.package)
  return filter.from === 'site' && users.length === 1
}
