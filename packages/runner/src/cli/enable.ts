/** `candy enable`: shows the changes that it will make to the host, asks for consent, and makes them. */
import { type Command, Option } from 'commander'
import { readCandyToml } from '../config/candy-toml.js'
import { listDirectory } from '../config/directory.js'
import { Ownership } from '../config/ownership.js'
import { filtersDirectory } from '../filters/configuration.js'
import { type EnablePlan, planEnable } from '../postfix/enable-plan.js'
import { enable } from '../postfix/enabling.js'
import { MODE_NAMES, type Mode } from '../postfix/mode.js'
import { recover } from '../postfix/recovery.js'
import { confirm } from './confirmation.js'
import { filterWarnings } from './filter-check.js'
import { addHelp, type HelpText } from './help-text.js'
import { assertRootOnly, changeInstance, findConfigDirectory, readWait } from './postfix-instance.js'
import { reloadAfter } from './reload.js'
import { stopSignal } from './stop-signal.js'

/** Whether to filter each service, by name. */
type Services = Readonly<Record<string, boolean>>

/** The options of `candy enable`. `candy mode` has some of them too. */
export interface EnableOptions {
  readonly config?: string
  readonly mode?: Mode
  readonly submission?: boolean
  readonly pickup?: boolean
  readonly service?: Services
  readonly state?: string
  readonly wait?: string
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
}

/** The help text of `--wait`. */
export const WAIT =
  'how long "candy serve" may take to answer, in every mode but pipe (default: 30s under systemd, 5m elsewhere)'

/** The exit statuses of `candy enable` and `candy mode`. */
export const CHANGE_EXITS: HelpText['exits'] = {
  0: 'done, or nothing to do',
  64: 'the command line is wrong',
  69: 'refused or failed; all is as it was',
  78: 'something in the configuration is wrong',
}

export function addEnable(candy: Command): void {
  const command = candy
    .command('enable')
    .description('have Postfix give its mail to candy')
    .addOption(new Option('--mode <mode>', 'how mail is handed over').choices(MODE_NAMES))
    .option('--submission', 'filter mail of your own users too (submission, submissions)')
    .option('--no-submission', 'leave mail of your own users unfiltered (the default)')
    .option('--pickup', 'filter what sendmail(1) submits on this host, where the mode allows it (the default)')
    .option('--no-pickup', 'leave that mail unfiltered')
    .addOption(
      serviceOption('--service <name>', 'filter this service of master.cf (10587, 10587/inet); may be repeated', true),
    )
    .addOption(serviceOption('--no-service <name>', 'leave this service unfiltered; may be repeated', false))
    .option('--state <dir>', 'directory for spool, quarantine and packages (default: /var/lib/candy/INSTANCE)')
    .option('--wait <time>', WAIT)
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action((_, command: Command) => enableInstance('candy enable', command.optsWithGlobals<EnableOptions>()))
  addHelp(command, {
    notes: [
      'The changes to master.cf and main.cf are shown first, and are undone if mail does not come through. Without options, a candy that is enabled keeps the mode and the services that it has.',
      'The modes: smtp filters mail after Postfix has queued it; smtp-before and milter filter it while the client waits, so that a refusal reaches the client; pipe starts a process for each message, and is the slowest.',
    ],
    examples: [
      ['candy enable --dry-run', 'look at the changes first'],
      [
        'candy enable --mode milter --submission',
        'refuse while the client waits, and filter mail of your own users too',
      ],
    ],
    exits: CHANGE_EXITS,
  })
}

/** `--service` and `--no-service` add to one value, so the last option that names a service counts. */
function serviceOption(flags: string, description: string, filtered: boolean): Option {
  return new Option(flags, description).argParser((name, before: Services | undefined) => ({
    ...before,
    [name]: filtered,
  }))
}

/** `command` is the command that was typed. Another command that has to wait for this one shows it. */
export async function enableInstance(command: string, options: EnableOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(options.config)
  if (options.dryRun) return showAndEnable(configDirectory, options)
  return changeInstance(command, configDirectory, () => showAndEnable(configDirectory, options))
}

async function showAndEnable(configDirectory: string, options: EnableOptions): Promise<void> {
  const wait = options.wait === undefined ? undefined : readWait(options.wait)
  const { state } = readCandyToml(configDirectory, options.state)
  assertRootOnly(state)
  if (!options.dryRun) for (const line of await recover({ configDirectory, state })) console.error(line)
  // Read candy.toml again, because recovery may have undone an edit of it.
  const toml = readCandyToml(configDirectory, options.state)
  const { mode, submission, pickup, service: services } = options
  const plan = await planEnable(configDirectory, toml, { mode, submission, pickup, services })
  print(plan, options)
  if (plan.nothingToDo) suggestFilter(configDirectory)
  if (options.dryRun || plan.nothingToDo) return
  if (!options.yes) await confirm('Do this?', '--yes')
  await enable(plan, { wait, report: (what) => console.error(`${what} ...`), signal: stopSignal() })
  await putModeInForce(plan)
  if (plan.postfixUnchanged) return
  console.error(`candy is enabled: mail is filtered in mode ${plan.choice.mode}.`)
  for (const line of await filterWarnings(configDirectory)) console.error(line)
  suggestFilter(configDirectory)
}

/** A service that ran before the switch has read candy.toml with the mode of then, and the settings that depend on it. */
async function putModeInForce({ journal, toml, choice, paths }: EnablePlan): Promise<void> {
  if (journal === undefined || toml.before === toml.after) return
  const { answer } = await reloadAfter({ state: paths.state, mode: choice.mode })
  for (const problem of answer?.problems ?? []) console.error(`not in force yet: ${problem}`)
}

function print(
  { instance, choice, edits, diff, missing, warnings, nothingToDo }: EnablePlan,
  { json }: EnableOptions,
): void {
  const { configDirectory } = instance
  const { entrances } = edits
  if (json) {
    const shown = { configDirectory, ...choice, entrances, diff, toCreate: missing, warnings, nothingToDo }
    console.log(JSON.stringify({ version: 1, ...shown }))
    return
  }
  if (nothingToDo) console.log(`Nothing to do: mail is filtered in mode ${choice.mode}.`)
  process.stdout.write(Buffer.from(diff, 'latin1'))
  for (const path of missing) console.log(`create ${path}`)
  for (const entrance of entrances) console.log(`filtered: ${entrance}`)
  for (const warning of warnings) console.log(`warning: ${warning}`)
}

/** Suggests what to type next if there is no filter yet. */
function suggestFilter(configDirectory: string): void {
  const entries = listDirectory(filtersDirectory({ configDirectory }), new Ownership(), [])
  if (entries.some(({ kind }) => kind !== 'ignored')) return
  console.error('There is no filter yet, so all mail passes. Add one: candy add @candy/filter-clamav')
}
