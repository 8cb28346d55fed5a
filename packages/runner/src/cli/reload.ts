/** `candy reload`: has the running service load the current configuration, and shows why if the service refuses it. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { Ownership } from '../config/ownership.js'
import { readSettings } from '../config/settings.js'
import { localTime } from '../os/local-time.js'
import type { Mode } from '../postfix/mode.js'
import { pipeCommand } from '../postfix/pipe-command.js'
import { ask, ControlFailure } from '../service/control-client.js'
import type { FilterInForce, InForce, ReloadAnswer } from '../service/control-message.js'
import { serviceFiles } from '../service/state-directory.js'
import { EX_CONFIG, EX_NOPERM, EX_OK, EX_UNAVAILABLE, Failure } from './failure.js'
import { filterWarnings } from './filter-check.js'
import { addHelp } from './help-text.js'
import { findConfigDirectory } from './postfix-instance.js'

interface ReloadOptions {
  readonly config?: string
  readonly json?: true
}

export function addReload(candy: Command): void {
  const command = candy
    .command('reload')
    .summary('put a changed configuration in force')
    .description(
      'have the running service take candy.toml, filters.d and the packages as they are now; waits until it does',
    )
    .option('--json', 'print JSON')
    .action((_, command: Command) => reload(command.optsWithGlobals<ReloadOptions>()))
  addHelp(command, {
    notes: [
      'Type this after you have changed candy.toml or a file of filters.d. What is wrong is never put in force: the service goes on with what it has, and says so.',
    ],
    exits: {
      0: 'in force',
      64: 'the command line is wrong',
      69: 'no service answers',
      77: 'not allowed',
      78: 'refused; the service goes on with what it has',
    },
  })
}

async function reload({ config, json }: ReloadOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(config)
  // Ignore problems of candy.toml here: the service itself refuses a wrong one.
  const { state } = readSettings(configDirectory, new Ownership(), [])
  const answer = await askToReload(state).catch((error: unknown) => {
    throw asFailure(error, state)
  })
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

/** Waits until the configuration is in force or refused. Throws ControlFailure when no service answers. */
function askToReload(state: string): Promise<ReloadAnswer> {
  return ask<ReloadAnswer>(serviceFiles(state).control, 'reload', TIMEOUT)
}

function asFailure(error: unknown, state: string): unknown {
  if (!(error instanceof ControlFailure)) return error
  if (error.code === 'FORBIDDEN') {
    return new Failure(EX_NOPERM, 'only root and members of the group candy may speak to candy serve: run this as root')
  }
  return new Failure(EX_UNAVAILABLE, error.code === 'FAILED' ? error.message : absenceOf(state))
}

/**
 * What to say and to type where no service answers. `candy enable` puts the command of mode pipe into the state directory in every mode,
 * and `candy disable` takes it away.
 */
export function absenceOf(state: string): string {
  const next = existsSync(pipeCommand(state)) ? 'under systemd: systemctl start candy' : '"candy enable" sets it up'
  return `candy serve does not run: nobody listens on ${serviceFiles(state).control}; ${next}`
}

export interface Reloaded {
  /** Whether all mail from now on is judged by the files as they are. */
  readonly inForce: boolean
  /** What the service answered; absent where it did not. */
  readonly answer?: ReloadAnswer
}

/**
 * Reloads the service after a command has made its change, and says why where the change is not in force yet. In mode pipe no service has
 * to run: without one the files are read for each message.
 */
export async function reloadAfter({ state, mode }: { readonly state: string; readonly mode: Mode }): Promise<Reloaded> {
  try {
    const answer = await askToReload(state)
    return { inForce: answer.reloaded, answer }
  } catch (error) {
    if (mode === 'pipe' && error instanceof ControlFailure && error.code === 'ABSENT') return { inForce: true }
    const failure = asFailure(error, state)
    if (!(failure instanceof Failure)) throw failure
    console.error(`not in force yet: ${failure.message}`)
    return { inForce: false }
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
