/** `candy mode`: switches an enabled candy to another mode. It does so as `candy enable --mode` does. */
import { Argument, type Command } from 'commander'
import { soundSettings } from '../config/settings.js'
import { assertEnabled } from '../postfix/journal.js'
import { MODE_NAMES, type Mode } from '../postfix/mode.js'
import { CHANGE_EXITS, type EnableOptions, enableInstance, WAIT } from './enable.js'
import { addHelp } from './help-text.js'
import { findConfigDirectory } from './postfix-instance.js'

export function addMode(candy: Command): void {
  const command = candy
    .command('mode')
    .summary('switch to another mode')
    .description('switch to another mode; mail under way arrives in the old one')
    .addArgument(new Argument('<mode>', 'how mail is handed over').choices(MODE_NAMES))
    .option('--wait <time>', WAIT)
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action((mode: Mode, _, command: Command) => switchMode(mode, command.optsWithGlobals<EnableOptions>()))
  addHelp(command, {
    examples: [['candy mode smtp-before', 'from now on a refusal reaches the client']],
    exits: CHANGE_EXITS,
  })
}

async function switchMode(mode: Mode, options: EnableOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(options.config)
  const { state } = soundSettings(configDirectory)
  assertEnabled({ configDirectory, state }, mode)
  await enableInstance('candy mode', { ...options, mode })
}
