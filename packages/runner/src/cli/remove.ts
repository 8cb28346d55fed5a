/** `candy remove`: a filter out of filters.d, so that `candy add` can put it back as it was. */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readConfiguration } from '../site/configuration.js'
import { type ListedFile, type ListedFilter, listSite } from '../site/list.js'
import { nearest } from '../site/nearest.js'
import { PrefixError, uninstall } from '../site/prefix.js'
import { findConfigDirectory } from './config-directory.js'
import { EX_UNAVAILABLE } from './exit-status.js'
import { Failure } from './failure.js'
import { assertRoot, readSound } from './postfix-command.js'
import { printReload, reloadService } from './runner-reload.js'

interface RemoveOptions {
  readonly config?: string
  readonly purge?: true
  readonly dryRun?: true
}

export function addRemove(candy: Command): void {
  candy
    .command('remove')
    .description('take a filter out of filters.d; its file stays beside the others as NAME.disabled')
    .argument('<name>', 'as candy list shows it: 50-clamav')
    .option('--purge', 'delete the file, and the package where candy add has installed it and nobody else needs it')
    .option('--dry-run', 'show what would be done, and do nothing')
    .addHelpText('after', '\nExit status: 0 done, 64 usage, 69 no such filter, 78 configuration.')
    .action((name: string, _, command: Command) => remove(name, command.optsWithGlobals<RemoveOptions>()))
}

async function remove(name: string, { config, purge, dryRun }: RemoveOptions): Promise<void> {
  const configDirectory = resolve(await findConfigDirectory(config))
  const settings = readSound(configDirectory)
  const configuration = await readConfiguration({ configDirectory })
  const entries = listSite(configuration)
  const filter = find(entries, name, configuration.snapshot.directory)
  const unused = purge === true && isUnused(entries, filter)
  const resting = `${filter.path}.disabled`
  if (dryRun) {
    console.log(purge ? `delete ${filter.path}` : `rename ${filter.path} to ${resting}`)
    if (unused) console.log(`uninstall ${filter.package}`)
    return
  }
  assertRoot('candy remove')
  if (purge) rmSync(filter.path)
  else {
    if (existsSync(resting)) throw new Failure(EX_UNAVAILABLE, `${resting} is there already: delete it first`)
    renameSync(filter.path, resting)
  }
  if (unused && filter.package !== undefined) {
    try {
      await uninstall(settings.state, filter.package)
    } catch (error) {
      throw error instanceof PrefixError ? new Failure(EX_UNAVAILABLE, error.message) : error
    }
  }
  console.log(purge ? `${filter.path}: deleted` : `${filter.path}: removed; candy add puts it back from ${resting}`)
  if (settings.mode === 'smtp') printReload(await reloadService(settings.state))
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
