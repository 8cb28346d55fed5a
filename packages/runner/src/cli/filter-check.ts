/**
 * Checks the filters for commands that run as root. Checking runs the code of filters, so it is done by `candy list --json --ask`
 * in a process that has only candy's rights. Its answer is shown to the operator, and `candy add` disables a drop-in again if the
 * answer has a problem with it; nothing else depends on it.
 */
import { printable } from '@candy/sdk'
import { execa } from 'execa'
import type { FilterHealth } from '../filters/examination.js'
import type { ListedFile, ListedFilter } from '../filters/list.js'
import { errorText } from '../os/error-text.js'
import { EX_CONFIG, EX_OK, EX_SOFTWARE, Failure } from './failure.js'
import { commandForFilters } from './privileges.js'

/** Milliseconds to load the code of all filters and to ask each for its state. */
const TIMEOUT = 90_000

export interface FilterCheck {
  /** One line for each problem: `FILE:LINE:COLUMN: key: what`. */
  readonly problems: readonly string[]
  readonly health: readonly FilterHealth[]
  /** The filters in order, with the package that a drop-in names. */
  readonly filters: readonly { readonly name: string; readonly package?: string }[]
}

/** Throws Failure when the check itself fails. */
export async function checkFilters(configDirectory: string): Promise<FilterCheck> {
  const [command, ...args] = await commandForFilters(['-c', configDirectory, 'list', '--json', '--ask'])
  const { exitCode, stdout, stderr, timedOut } = await execa(command, args, {
    cwd: '/',
    reject: false,
    stdin: 'ignore',
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
  })
  if (timedOut) return { problems: [`the filters were not loaded within ${TIMEOUT / 1000} s`], health: [], filters: [] }
  const check = exitCode === EX_OK || exitCode === EX_CONFIG ? parse(stdout) : undefined
  if (check === undefined)
    throw new Failure(EX_SOFTWARE, `the filters cannot be checked: ${printable(stderr) || exitCode}`)
  return check
}

/** Warnings about everything that would delay mail. Throws nothing, since it is called after the command's own work is done. */
export async function filterWarnings(configDirectory: string): Promise<readonly string[]> {
  try {
    const { problems, health } = await checkFilters(configDirectory)
    return [...problems.map((problem) => `warning: ${problem}`), ...healthWarnings(health)]
  } catch (error) {
    return [`warning: ${errorText(error)}`]
  }
}

/** One warning for each filter that could not work now. */
export function healthWarnings(health: readonly FilterHealth[]): readonly string[] {
  return health.filter(({ ok }) => !ok).map(({ name, text }) => `warning: ${name}: ${text}`)
}

/** Parses the answer of `candy list`; undefined if it is none. */
function parse(stdout: string): FilterCheck | undefined {
  try {
    const { problems, health, entries } = JSON.parse(stdout) as Pick<FilterCheck, 'problems' | 'health'> & {
      readonly entries: readonly (ListedFilter | ListedFile)[]
    }
    return {
      filters: entries.filter((entry) => entry.kind !== 'ignored'),
      problems: problems.map((problem) => printable(problem)),
      health: health.map(({ name, ok, text }) => ({ name: String(name), ok: ok === true, text: printable(text) })),
    }
  } catch {
    return undefined
  }
}
