/** `candy disable`: removes the lines that `candy enable` added to Postfix's configuration, without losing mail. */
import type { Command } from 'commander'
import { soundSettings } from '../config/settings.js'
import { CREATED_ACCOUNT } from '../postfix/directories.js'
import { type DisablePlan, planDisable } from '../postfix/disable-plan.js'
import { disable } from '../postfix/disabling.js'
import type { Removal } from '../postfix/purge.js'
import { recover } from '../postfix/recovery.js'
import { confirm } from './confirmation.js'
import { addHelp } from './help-text.js'
import { assertRootOnly, changeInstance, findConfigDirectory, readWait } from './postfix-instance.js'

interface DisableOptions {
  readonly config?: string
  readonly wait: string
  readonly purge?: true
  readonly quarantine?: true
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
}

export function addDisable(candy: Command): void {
  const command = candy
    .command('disable')
    .summary('take candy out of Postfix again')
    .description('take candy out of Postfix again; mail that was received for it is delivered first')
    .option('--wait <time>', 'how long mail in the queue may wait for candy before it goes on unfiltered', '6m')
    .option('--purge', 'remove candy.toml, spool, packages and an empty quarantine too')
    .option('--quarantine', 'with --purge: remove what is in the quarantine too')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action((_, command: Command) => disableInstance(command.optsWithGlobals<DisableOptions>()))
  addHelp(command, {
    notes: [
      'Mail in the queue that was received for candy is still filtered. What is left of it after --wait goes on unfiltered. candy.toml, filters.d, the spool and the quarantine stay unless --purge is given; your own files in filters.d stay in any case.',
    ],
    examples: [['candy disable --dry-run', 'look at the changes first']],
    exits: {
      0: 'done, or nothing to do',
      64: 'the command line is wrong',
      69: 'refused, failed or not finished; the text says what to do',
    },
  })
}

async function disableInstance(options: DisableOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(options.config)
  if (options.dryRun) return showAndDisable(configDirectory, options)
  return changeInstance('candy disable', configDirectory, () => showAndDisable(configDirectory, options))
}

async function showAndDisable(configDirectory: string, options: DisableOptions): Promise<void> {
  const wait = readWait(options.wait)
  const { state } = soundSettings(configDirectory)
  assertRootOnly(state)
  const records = { configDirectory, state }
  if (!options.dryRun) for (const line of await recover(records)) console.error(line)
  const [purge, quarantine] = [options.purge === true, options.quarantine === true]
  const plan = await planDisable(records, { purge, quarantine })
  print(plan, options)
  if (options.dryRun || plan.nothingToDo) return
  if (!options.yes) await confirm(purge ? 'Do this, and remove what candy has kept?' : 'Do this?', '--yes')
  await disable(plan, { wait, report: (what) => console.error(`${what} ...`) })
  console.error('candy is disabled: mail is not filtered any more.')
}

function print(plan: DisablePlan, { json }: DisableOptions): void {
  const { diff, runner, access, removals, nothingToDo } = plan
  if (json) {
    const { configDirectory } = plan.paths
    const { entrances } = plan.edits
    console.log(JSON.stringify({ version: 1, configDirectory, entrances, diff, runner, access, removals, nothingToDo }))
    return
  }
  if (nothingToDo) console.log('Nothing to do: candy is not enabled.')
  process.stdout.write(Buffer.from(diff, 'latin1'))
  for (const directory of access) console.log(`take candy's entry out of the access control list of ${directory}`)
  for (const line of [...runner, ...removals.map(printRemoval)]) console.log(line)
}

function printRemoval({ name, messages }: Removal): string {
  if (name === CREATED_ACCOUNT) return 'remove the account candy'
  return messages === undefined
    ? `remove ${name}`
    : `remove ${name}, and ${messages === 1 ? 'the message that is' : `the ${messages} messages that are`} kept there`
}
