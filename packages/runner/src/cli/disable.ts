/** `candy disable`: takes candy out of Postfix again, line by line what `candy enable` put in, and loses no mail over it. */
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { soundSettings } from '../config/settings.js'
import { hasEntry } from '../postfix/access.js'
import { diffOf } from '../postfix/change.js'
import { MADE_ACCOUNT } from '../postfix/directories.js'
import { planDisable } from '../postfix/disable-plan.js'
import { disable as carryOut } from '../postfix/disabling.js'
import { filesOf, readInstance } from '../postfix/instance.js'
import { knownJournal } from '../postfix/journal.js'
import { planPurge, purge, type Removal } from '../postfix/purge.js'
import { recover } from '../postfix/recovery.js'
import { confirm } from './confirmation.js'
import { EX_UNAVAILABLE, Failure } from './failure.js'
import { assertRootOnly, changeInstance, findConfigDirectory, readWait } from './postfix-instance.js'
import { describeRunner, stopRunner } from './runner-stop.js'

interface DisableOptions {
  readonly config?: string
  readonly wait: string
  readonly purge?: true
  readonly quarantine?: true
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
}

const SHARE = fileURLToPath(new URL('../../share', import.meta.url))

export function addDisable(candy: Command): void {
  candy
    .command('disable')
    .description('take candy out of Postfix again; mail that was received for it is delivered first')
    .option('--wait <time>', 'how long mail in the queue may wait for candy before it goes on unfiltered', '6m')
    .option('--purge', 'remove candy.toml, spool, packages and an empty quarantine too')
    .option('--quarantine', 'with --purge: remove what is in the quarantine too')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit status: 0 done, or nothing to do, 69 refused, failed or not finished: the text says what to do, 64 usage.',
    )
    .action((_, command: Command) => start(command.optsWithGlobals<DisableOptions>()))
}

async function start(options: DisableOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(options.config)
  if (options.dryRun) return disable(configDirectory, options)
  return changeInstance('candy disable', configDirectory, () => disable(configDirectory, options))
}

async function disable(configDirectory: string, options: DisableOptions): Promise<void> {
  const wait = readWait(options.wait)
  const { state } = soundSettings(configDirectory)
  assertRootOnly(state)
  const report = (what: string): void => console.error(`${what} ...`)
  const records = { configDirectory, state }
  let instance = await readInstance(configDirectory)
  const paths = { ...records, queueDirectory: instance.queueDirectory }
  if (!options.dryRun) {
    const found = await recover(paths)
    for (const what of found) console.error(what)
    if (found.length > 0) instance = await readInstance(configDirectory)
  }
  const journal = knownJournal(records)
  const plan = planDisable(instance, journal)
  if (plan.refusals.length > 0) throw new Failure(EX_UNAVAILABLE, plan.refusals.join('\n'))
  const removals = options.purge
    ? planPurge(paths, { share: SHARE, journal, quarantine: options.quarantine === true })
    : []
  const files = filesOf(paths)
  const diff = [
    { path: files.master, before: plan.before.master, after: plan.after.master },
    { path: files.main, before: plan.before.main, after: plan.after.main },
  ]
    .map(diffOf)
    .join('')
  const runner = await describeRunner(paths)
  const access = plan.entered.filter(hasEntry)
  const done = diff === '' && journal === undefined && runner.length === 0 && access.length === 0
  print(options, {
    configDirectory,
    detaches: plan.detaches,
    diff,
    runner,
    access,
    removals,
    done: done && removals.length === 0,
  })
  if (options.dryRun || (done && removals.length === 0)) return
  if (!options.yes) await confirm(options.purge ? 'Do this, and remove what candy has kept?' : 'Do this?', '--yes')
  if (!done) {
    await carryOut({ instance, plan, records, wait, report, stopRunner: () => stopRunner(paths, report) })
  }
  await purge(removals, paths)
  console.error('candy is disabled: mail is not filtered any more.')
}

interface Shown {
  readonly configDirectory: string
  readonly detaches: readonly string[]
  readonly diff: string
  readonly runner: readonly string[]
  /** Directories that candy may enter by an entry of its own. */
  readonly access: readonly string[]
  readonly removals: readonly Removal[]
  readonly done: boolean
}

function print({ json }: DisableOptions, shown: Shown): void {
  const { diff, runner, access, removals, done } = shown
  if (json) {
    console.log(JSON.stringify({ version: 1, ...shown }))
    return
  }
  if (done) console.log('Nothing to do: candy is not enabled.')
  process.stdout.write(Buffer.from(diff, 'latin1'))
  for (const directory of access) console.log(`take candy's entry out of the access control list of ${directory}`)
  for (const line of [...runner, ...removals.map(printRemoval)]) console.log(line)
}

function printRemoval({ name, messages }: Removal): string {
  if (name === MADE_ACCOUNT) return 'remove the account candy'
  return messages === undefined ? `remove ${name}` : `remove ${name}, and the ${messages} messages that are kept there`
}
