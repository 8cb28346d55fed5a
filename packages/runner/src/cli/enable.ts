/** `candy enable`: shows what it will do to Postfix, asks, and does it. `candy mode` is the same for a host where it is done. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Argument, type Command, Option } from 'commander'
import { listDirectory } from '../config/directory.js'
import { Ownership } from '../config/ownership.js'
import { type Settings, soundSettings } from '../config/settings.js'
import { makeSettings, withMode } from '../config/settings-edit.js'
import { filtersDirectory } from '../filters/configuration.js'
import { ACCOUNT, hasAccount } from '../os/accounts.js'
import { accessed } from '../postfix/access.js'
import { diffOf, type FileTexts, readIfThere, take } from '../postfix/change.js'
import { listOwnedPaths, make, missing, type OwnedPath, type Paths } from '../postfix/directories.js'
import { enable as carryOut } from '../postfix/enabling.js'
import { type Instance, readInstance } from '../postfix/instance.js'
import { type Choice, type Journal, knownJournal } from '../postfix/journal.js'
import { DEFAULT_MODE, MODE_NAMES, type Mode } from '../postfix/mode.js'
import { type EnablePlan, planEnable } from '../postfix/plan.js'
import { recover } from '../postfix/recovery.js'
import { confirm } from './confirmation.js'
import { EX_CONFIG, EX_UNAVAILABLE, Failure } from './failure.js'
import { filterWarnings } from './filter-check.js'
import { accessFor, printWayBack, wayBack } from './pipe-return.js'
import { assertRootOnly, changeInstance, findConfigDirectory, readWait } from './postfix-instance.js'
import { runnerUnits, startRunner } from './runner-start.js'
import { assertStandardSockets, movedKeys } from './smtp-keys.js'

/** Services by name, and whether they are to be filtered. */
type Services = Readonly<Record<string, boolean>>

interface EnableOptions {
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

const CANDY_PIPE = fileURLToPath(new URL('../../bin/candy-pipe', import.meta.url))
const SHARE = fileURLToPath(new URL('../../share', import.meta.url))

export function addEnable(candy: Command): void {
  candy
    .command('enable')
    .description('have Postfix give its mail to candy')
    .addOption(new Option('--mode <mode>', 'how mail is handed over').choices(MODE_NAMES))
    .option('--submission', 'filter mail of your own users too (submission, submissions)')
    .option('--no-submission', 'do not (the default)')
    .option('--pickup', 'filter what sendmail(1) submits on this host, where the mode allows it (the default)')
    .option('--no-pickup', 'do not')
    .addOption(
      serviceOption('--service <name>', 'filter this service of master.cf (10587, 10587/inet); may be repeated', true),
    )
    .addOption(serviceOption('--no-service <name>', 'do not; may be repeated', false))
    .option('--state <dir>', 'directory for spool, quarantine and packages (default: /var/lib/candy/INSTANCE)')
    .option('--wait <time>', WAIT)
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', EXIT_STATUSES)
    .action((_, command: Command) => start('candy enable', command.optsWithGlobals<EnableOptions>()))
}

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

/** Both write to one value: what is said last of a service counts. */
function serviceOption(flags: string, description: string, filtered: boolean): Option {
  return new Option(flags, description).argParser((name, before: Services | undefined) => ({
    ...before,
    [name]: filtered,
  }))
}

const WAIT =
  'how long "candy serve" may take to answer, in every mode but pipe (default: 30s under systemd, 5m elsewhere)'

const EXIT_STATUSES =
  '\nExit status: 0 done, or nothing to do, 69 refused or failed (all is as it was), 64 usage, 78 configuration.'

async function switchMode(mode: Mode, options: EnableOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(options.config)
  const settings = soundSettings(configDirectory)
  if (knownJournal({ configDirectory, state: settings.state }) === undefined) {
    throw new Failure(EX_UNAVAILABLE, `candy is not enabled in ${configDirectory}: candy enable --mode ${mode}`)
  }
  await start('candy mode', { ...options, mode })
}

async function start(command: string, options: EnableOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(options.config)
  if (options.dryRun) return enable(configDirectory, options)
  return changeInstance(command, configDirectory, () => enable(configDirectory, options))
}

async function enable(configDirectory: string, options: EnableOptions): Promise<void> {
  const wait = options.wait === undefined ? undefined : readWait(options.wait)
  const report = (what: string): void => console.error(`${what} ...`)
  let site = await readSite(configDirectory, options.state)
  if (!options.dryRun) {
    const found = await recover(site.paths)
    for (const what of found) console.error(what)
    // candy.toml, too, is what it was before the change that is undone.
    if (found.length > 0) site = await readSite(configDirectory, options.state)
  }
  const { instance, paths, settings, toml, tomlPath } = site
  const { state } = paths
  const journal = knownJournal(paths)
  const choice = choose(options, journal)
  const named = Object.keys(options.service ?? {})
  const back = wayBack(instance, settings, toml)
  const wish = { ...choice, named, backByPickup: back === 'sendmail', candyPipe: CANDY_PIPE }
  const plan = planEnable(instance, wish, journal)
  if (plan.refusals.length > 0) throw new Failure(EX_UNAVAILABLE, plan.refusals.join('\n'))
  const { mode } = choice
  const access = mode === 'pipe' ? accessFor(instance, back) : []
  if (mode !== 'pipe') assertStandardSockets(tomlPath, settings)
  const units = await runnerUnits(instance, mode, state)
  const ownedPaths = [...(await listOwnedPaths(instance, state, SHARE)), ...access, ...units]
  const wanted = { mode, ...(mode === 'pipe' && { reinject: printWayBack(back) }) }
  const after = toml === null ? latin1(makeSettings(wanted, state)) : withMode(toml, wanted)
  const files: readonly FileTexts[] = [
    { path: join(configDirectory, 'master.cf'), before: plan.before.master, after: plan.after.master },
    { path: join(configDirectory, 'main.cf'), before: plan.before.main, after: plan.after.main },
    { path: tomlPath, before: toml, after },
    ...units.flatMap(({ path, text = '' }) => {
      const present = readIfThere(path)
      return present === null ? [] : [{ path, before: present, after: latin1(text) }]
    }),
  ]
  const made = [...((await hasAccount(ACCOUNT)) ? [] : ['the account candy']), ...missing(ownedPaths).map(printPlace)]
  const diff = files.map(diffOf).join('')
  const done = diff === '' && made.length === 0 && journal !== undefined
  const warnings = [...plan.warnings, ...movedKeys(tomlPath, settings, mode)]
  print(options, { configDirectory, choice, plan: { ...plan, warnings }, diff, made, done })
  if (done) suggestFilter(configDirectory)
  if (options.dryRun || done) return
  if (!options.yes) await confirm('Do this?', '--yes')
  const signal = stopSignal()
  const start = startRunner({ instance, mode, units, wait, report, signal })
  if (files.slice(0, 2).every((file) => file.before === file.after) && journal !== undefined) {
    await make(ownedPaths, () => {})
    if (units.length > 0) await start()
    if (toml !== after) take({ path: tomlPath, from: toml, to: after })
    return
  }
  await carryOut({
    ...{ instance, plan, journal, paths, ownedPaths, report, signal, startRunner: start },
    settings: { path: tomlPath, before: toml, after },
  })
  console.error(`candy is enabled: mail is filtered in mode ${mode}.`)
  for (const line of await filterWarnings(configDirectory)) console.error(line)
  suggestFilter(configDirectory)
}

/** What is there: Postfix's settings, and candy's own. */
interface SiteState {
  readonly instance: Instance
  readonly paths: Paths
  readonly settings: Settings
  readonly tomlPath: string
  /** Null where there is no candy.toml. Latin-1. */
  readonly toml: string | null
}

async function readSite(configDirectory: string, wanted: string | undefined): Promise<SiteState> {
  const settings = soundSettings(configDirectory)
  const tomlPath = join(configDirectory, 'candy.toml')
  const toml = readIfThere(tomlPath)
  const state = resolve(wanted ?? settings.state)
  if (toml !== null && state !== settings.state) {
    throw new Failure(EX_CONFIG, `${tomlPath} says state = "${settings.state}": change it there, or leave --state out`)
  }
  assertRootOnly(state)
  const instance = await readInstance(configDirectory)
  const paths = { configDirectory, state, queueDirectory: instance.queueDirectory }
  return { instance, paths, settings, tomlPath, toml }
}

/**
 * Aborts when somebody asks this process to end: what it has begun is undone first. The listeners stay, since while one of Postfix's
 * commands runs execa listens as well, and ends the process when no other listener is left (once() removes its own first). That
 * execa then ends the command too (its option `cleanup`) is right: nobody would wait for it.
 */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort())
  return controller.signal
}

/** Whoever enables candy and stops there has mail pass as it did before. */
function suggestFilter(configDirectory: string): void {
  const entries = listDirectory(filtersDirectory({ configDirectory }), new Ownership(), [])
  if (entries.some(({ kind }) => kind !== 'ignored')) return
  console.error('There is no filter yet, so all mail passes. Add one: candy add @candy/filter-clamav')
}

/** What was chosen before holds where nothing else is said. */
function choose({ mode, submission, pickup, service }: EnableOptions, journal: Journal | undefined): Choice {
  const before = journal?.choice
  return {
    mode: mode ?? before?.mode ?? DEFAULT_MODE,
    submission: submission ?? before?.submission ?? false,
    pickup: pickup ?? before?.pickup ?? true,
    services: { ...before?.services, ...service },
  }
}

interface Shown {
  readonly configDirectory: string
  readonly choice: Choice
  readonly plan: EnablePlan
  readonly diff: string
  readonly made: readonly string[]
  readonly done: boolean
}

function print({ json }: EnableOptions, { configDirectory, choice, plan, diff, made, done }: Shown): void {
  const { warnings, entrances } = plan
  if (json) {
    console.log(JSON.stringify({ version: 1, configDirectory, ...choice, entrances, diff, made, warnings, done }))
    return
  }
  if (done) console.log(`Nothing to do: mail is filtered in mode ${choice.mode}.`)
  process.stdout.write(Buffer.from(diff, 'latin1'))
  for (const path of made) console.log(`make ${path}`)
  for (const entrance of entrances) console.log(`filtered: ${entrance}`)
  for (const warning of warnings) console.log(`warning: ${warning}`)
}

function printPlace({ path, owner, group, mode }: OwnedPath): string {
  const directory = accessed(path)
  if (directory !== undefined) return `an entry for candy in the access control list of ${directory} (u:candy:--x)`
  return `${path} (${owner}:${group ?? owner}, ${mode.toString(8)})`
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
