/** `candy mode`: switches an enabled candy to another mode. It does so as `candy enable --mode` does. */
import { Argument, type Command } from 'commander'
import { soundSettings } from '../config/settings.js'
import { assertEnabled } from '../postfix/journal.js'
import { MODE_NAMES, type Mode } from '../postfix/mode.js'
import { type EnableOptions, EXIT_STATUSES, enableInstance, WAIT } from './enable.js'
import { findConfigDirectory } from './postfix-instance.js'
import { reloadIfRunning } from './reload.js'

export function addMode(candy: Command): void {
  candy
    .command('mode')
    .description('switch to another mode; mail under way arrives in the old one')
    .addArgument(new Argument('<mode>', 'how mail is handed over').choices(MODE_NAMES))
    .option('--wait <time>', WAIT)
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', EXIT_STATUSES)
    .action((mode: Mode, _, command: Command) => switchMode(mode, command.optsWithGlobals<EnableOptions>()))
}

async function switchMode(mode: Mode, options: EnableOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(options.config)
  const { state, mode: before } = soundSettings(configDirectory)
  assertEnabled({ configDirectory, state }, mode)
  await enableInstance('candy mode', { ...options, mode })
  if (!options.dryRun && mode !== before) await putInForce(state)
}

/** candy.toml names another mode now, and keys of it may mean that mode. In mode pipe no service has to run. */
async function putInForce(state: string): Promise<void> {
  const answer = await reloadIfRunning(state)
  if (answer === undefined || answer.reloaded) return
  for (const problem of answer.problems) console.error(problem)
  console.error('not in force; the service goes on with the configuration that it had')
}
