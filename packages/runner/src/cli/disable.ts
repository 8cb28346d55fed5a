/** `candy disable`: takes candy out of Postfix again, line by line what `candy enable` put in, and loses no mail over it. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { diffOf } from '../postfix/change.js'
import { unmake } from '../postfix/directories.js'
import { disable as carryOut } from '../postfix/disabling.js'
import { recover } from '../postfix/enabling.js'
import { readInstance } from '../postfix/instance.js'
import { readJournal } from '../postfix/journal.js'
import { planDisable } from '../postfix/plan.js'
import { assertPurgeable, purge } from '../postfix/purge.js'
import { findConfigDirectory } from './config-directory.js'
import { confirm } from './confirm.js'
import { EX_UNAVAILABLE } from './exit-status.js'
import { Failure } from './failure.js'
import { asFailure, assertRootsOwn, changing, readSound, readWait } from './postfix-command.js'
import { runnerUnitPaths } from './runner-start.js'

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
    .action((_, command: Command) => asFailure(() => start(command.optsWithGlobals<DisableOptions>())))
}

async function start(options: DisableOptions): Promise<void> {
  const configDirectory = resolve(await findConfigDirectory(options.config))
  if (options.dryRun) return disable(configDirectory, options)
  return changing('candy disable', configDirectory, () => disable(configDirectory, options))
}

async function disable(configDirectory: string, options: DisableOptions): Promise<void> {
  const wait = readWait(options.wait)
  const { state } = readSound(configDirectory)
  const report = (what: string): void => console.error(`${what} ...`)
  assertRootsOwn(state)
  if (!options.dryRun) {
    if (await recover(configDirectory, state)) report('an earlier command was cut short: what it had begun is undone')
  }
  const instance = await readInstance(configDirectory)
  const journal = readJournal(state)
  const plan = planDisable(instance, journal)
  if (plan.refusals.length > 0) throw new Failure(EX_UNAVAILABLE, plan.refusals.join('\n'))
  if (options.purge) assertPurgeable(state, options.quarantine === true)
  const diff = [
    { path: join(configDirectory, 'master.cf'), before: plan.before.master, after: plan.after.master },
    { path: join(configDirectory, 'main.cf'), before: plan.before.main, after: plan.after.main },
  ]
    .map(diffOf)
    .join('')
  const done = diff === '' && journal === undefined
  if (options.json) console.log(JSON.stringify({ version: 1, configDirectory, detaches: plan.detaches, diff, done }))
  else process.stdout.write(done ? 'Nothing to do: candy is not enabled.\n' : Buffer.from(diff, 'latin1'))
  if (options.dryRun || (done && !options.purge)) return
  if (!options.yes) await confirm(options.purge ? 'Do this, and remove what candy has kept?' : 'Do this?', '--yes')
  if (!done)
    await carryOut({
      instance,
      plan,
      state,
      wait,
      report,
      stopRunner: () => unmake(runnerUnitPaths(configDirectory)),
    })
  if (options.purge) await purge(state, join(configDirectory, 'candy.toml'), SHARE, journal)
  console.error('candy is disabled: mail is not filtered any more.')
}
