/**
 * What `candy list --json --ask` says, for commands that go on as root: checking a configuration runs the code of filters,
 * so it is done in a process that has candy's rights alone. What it says is text to be shown, and decides about nothing but
 * whether a drop-in that was just put there stays.
 */
import { printable } from '@candy/sdk'
import { execa } from 'execa'
import type { FilterHealth } from '../filters/examination.js'
import { errorText } from '../os/error-text.js'
import { EX_CONFIG, EX_OK, EX_SOFTWARE } from './exit-status.js'
import { Failure } from './failure.js'
import { commandForFilters } from './privileges.js'

/** Milliseconds for loading the code of all filters and asking each. */
const LIMIT = 90_000

export interface Examined {
  /** `FILE:LINE:COLUMN: key: what`, one for each thing that is wrong. */
  readonly problems: readonly string[]
  readonly health: readonly FilterHealth[]
}

/** Throws Failure when the check itself fails. */
export async function examineAsCandy(configDirectory: string): Promise<Examined> {
  const [command, ...args] = await commandForFilters(['-c', configDirectory, 'list', '--json', '--ask'])
  const { exitCode, stdout, stderr, timedOut } = await execa(command, args, {
    cwd: '/',
    reject: false,
    stdin: 'ignore',
    timeout: LIMIT,
    killSignal: 'SIGKILL',
  })
  if (timedOut) return { problems: [`the filters were not loaded within ${LIMIT / 1000} s`], health: [] }
  const answer = exitCode === EX_OK || exitCode === EX_CONFIG ? parse(stdout) : undefined
  if (answer === undefined)
    throw new Failure(EX_SOFTWARE, `the filters cannot be checked: ${printable(stderr) || exitCode}`)
  return answer
}

/** What would keep mail waiting, for a command whose own part is done: lines for people. Throws nothing. */
export async function complaints(configDirectory: string): Promise<readonly string[]> {
  try {
    const { problems, health } = await examineAsCandy(configDirectory)
    const unwell = health.filter(({ ok }) => !ok).map(({ name, text }) => `${name}: ${text}`)
    return [...problems, ...unwell].map((line) => `warning: ${line}`)
  } catch (error) {
    return [`warning: ${errorText(error)}`]
  }
}

function parse(stdout: string): Examined | undefined {
  try {
    const { problems, health } = JSON.parse(stdout) as Examined
    return {
      problems: problems.map((problem) => printable(problem)),
      health: health.map(({ name, ok, text }) => ({ name: String(name), ok: ok === true, text: printable(text) })),
    }
  } catch {
    return undefined
  }
}
