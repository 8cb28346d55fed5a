/**
 * What `candy list --json --ask` says of the filters, for commands that go on as root. Checking a configuration runs the code of
 * filters, so it is done in a process that has candy's rights alone. Its answer is shown to people; it decides nothing but
 * whether a drop-in that was just added stays.
 */
import { printable } from '@candy/sdk'
import { execa } from 'execa'
import type { FilterHealth } from '../filters/examination.js'
import { errorText } from '../os/error-text.js'
import { EX_CONFIG, EX_OK, EX_SOFTWARE, Failure } from './failure.js'
import { commandForFilters } from './privileges.js'

/** Milliseconds for loading the code of all filters and asking each. */
const TIMEOUT = 90_000

export interface FilterCheck {
  /** `FILE:LINE:COLUMN: key: what`, one for each thing that is wrong. */
  readonly problems: readonly string[]
  readonly health: readonly FilterHealth[]
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
  if (timedOut) return { problems: [`the filters were not loaded within ${TIMEOUT / 1000} s`], health: [] }
  const check = exitCode === EX_OK || exitCode === EX_CONFIG ? parse(stdout) : undefined
  if (check === undefined)
    throw new Failure(EX_SOFTWARE, `the filters cannot be checked: ${printable(stderr) || exitCode}`)
  return check
}

/** What would keep mail waiting, as lines for people. For a command whose own work is done, so it throws nothing. */
export async function filterWarnings(configDirectory: string): Promise<readonly string[]> {
  try {
    const { problems, health } = await checkFilters(configDirectory)
    return [...problems.map((problem) => `warning: ${problem}`), ...healthWarnings(health)]
  } catch (error) {
    return [`warning: ${errorText(error)}`]
  }
}

/** A line for each filter that could not work now. */
export function healthWarnings(health: readonly FilterHealth[]): readonly string[] {
  return health.filter(({ ok }) => !ok).map(({ name, text }) => `warning: ${name}: ${text}`)
}

/** Undefined for what is no answer of `candy list`. */
function parse(stdout: string): FilterCheck | undefined {
  try {
    const { problems, health } = JSON.parse(stdout) as FilterCheck
    return {
      problems: problems.map((problem) => printable(problem)),
      health: health.map(({ name, ok, text }) => ({ name: String(name), ok: ok === true, text: printable(text) })),
    }
  } catch {
    return undefined
  }
}
