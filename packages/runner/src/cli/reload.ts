/** `candy reload`: the running service takes the configuration as it is now, or says why not. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { Ownership } from '../config/ownership.js'
import { readSettings } from '../config/settings.js'
import { findConfigDirectory } from './config-directory.js'
import { complaints } from './examined.js'
import { EX_CONFIG, EX_OK } from './exit-status.js'
import { printReload, reloadService } from './runner-reload.js'

interface ReloadOptions {
  readonly config?: string
  readonly json?: true
}

export function addReload(candy: Command): void {
  candy
    .command('reload')
    .description(
      'have the running service take candy.toml, filters.d and the packages as they are now; waits until it does',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWhat is wrong is never put in force: the service goes on with what it has, and says so.' +
        '\nExit status: 0 in force, 64 usage, 69 no service answers, 77 not allowed, 78 refused.',
    )
    .action((_, command: Command) => reload(command.optsWithGlobals<ReloadOptions>()))
}

async function reload({ config, json }: ReloadOptions): Promise<void> {
  const configDirectory = resolve(await findConfigDirectory(config))
  // A candy.toml that is wrong is for the service to refuse.
  const { state } = readSettings(configDirectory, new Ownership(), [])
  const answer = await reloadService(state)
  // In force does not mean that the scanners are there.
  const warnings = answer.reloaded ? await complaints(configDirectory) : []
  if (json) console.log(JSON.stringify({ ...answer, warnings }))
  else {
    printReload(answer)
    for (const warning of warnings) console.error(warning)
  }
  process.exitCode = answer.reloaded ? EX_OK : EX_CONFIG
}
