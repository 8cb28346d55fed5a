/** `candy reload`: has the running service load the current configuration, and shows why if the service refuses it. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { Ownership } from '../config/ownership.js'
import { readSettings } from '../config/settings.js'
import { localTime } from '../os/local-time.js'
import { ask, ControlFailure } from '../service/control-client.js'
import type { FilterInForce, InForce, ReloadAnswer } from '../service/control-message.js'
import { serviceFiles } from '../service/state-directory.js'
import { EX_CONFIG, EX_NOPERM, EX_OK, EX_UNAVAILABLE, Failure } from './failure.js'
import { filterWarnings } from './filter-check.js'
import { findConfigDirectory } from './postfix-instance.js'

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
  const configDirectory = await findConfigDirectory(config)
  // Ignore problems of candy.toml here: the service itself refuses a wrong one.
  const { state } = readSettings(configDirectory, new Ownership(), [])
  const answer = await reloadService(state)
  // The configuration may be in force although scanners do not answer, so warn about those.
  const warnings = answer.reloaded ? await filterWarnings(configDirectory) : []
  if (json) console.log(JSON.stringify({ ...answer, warnings }))
  else {
    printReload(answer)
    for (const warning of warnings) console.error(warning)
  }
  process.exitCode = answer.reloaded ? EX_OK : EX_CONFIG
}

/** Milliseconds to wait. The service gives filters a minute to load, and may have to complete another reload first. */
const TIMEOUT = 150_000

/** Waits until the configuration is in force or refused. Throws Failure when no service answers. */
async function reloadService(state: string): Promise<ReloadAnswer> {
  const { control } = serviceFiles(state)
  try {
    return await ask<ReloadAnswer>(control, 'reload', TIMEOUT)
  } catch (error) {
    if (!(error instanceof ControlFailure)) throw error
    if (error.code === 'FORBIDDEN')
      throw new Failure(
        EX_NOPERM,
        'only root and members of the group candy may speak to candy serve: run this as root',
      )
    if (error.code === 'FAILED') throw new Failure(EX_UNAVAILABLE, error.message)
    throw new Failure(EX_UNAVAILABLE, absenceOf(state))
  }
}

/** What to say and to type where no service answers. */
export function absenceOf(state: string): string {
  const next = existsSync(state) ? 'under systemd: systemctl start candy' : '"candy enable" sets it up'
  return `candy serve does not run: nobody listens on ${serviceFiles(state).control}; ${next}`
}

/** Reloads the service after a command has made its change. If no service answers, prints that the change is not in force yet. */
export async function reloadAfter(state: string): Promise<ReloadAnswer | undefined> {
  try {
    return await reloadService(state)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    console.error(`not in force yet: ${error.message}`)
    return undefined
  }
}

/** Prints problems on standard error, and what is in force on standard output. */
export function printReload({ reloaded, problems, inForce }: ReloadAnswer): void {
  for (const problem of problems) console.error(problem)
  if (!reloaded) console.error('not in force; the service goes on with the configuration that it had:')
  console.log(printInForce(inForce))
}

function printInForce({ generation, since, configuration, filters }: InForce): string {
  const what = configuration === 'files' ? '' : ', the last that was good before the service was started'
  const head = `in force: generation ${generation}, since ${localTime(since)}${what}`
  return [head, ...(filters.length === 0 ? ['  no filters: mail passes unfiltered'] : filters.map(printFilter))].join(
    '\n',
  )
}

function printFilter({ name, package: named, version, directory, path }: FilterInForce): string {
  if (named === undefined) return `  ${name}  script ${path}`
  return `  ${name}  ${named}${version === undefined ? '' : ` ${version}`}  ${directory ?? ''}`.trimEnd()
}
