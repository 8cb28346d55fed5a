/** Has the resident runner take the configuration as it is now, and tells people what came of it. */
import { existsSync } from 'node:fs'
import { ask, ControlFailure } from '../service/control-client.js'
import type { FilterInForce, InForce, ReloadAnswer } from '../service/control-message.js'
import { serviceFiles } from '../service/state-directory.js'
import { EX_NOPERM, EX_UNAVAILABLE } from './exit-status.js'
import { Failure } from './failure.js'

/** Milliseconds: the service itself gives filters a minute to load, and may have another reload under way. */
const WAIT = 150_000

/** Waits until it is in force or refused. Throws Failure when no service answers. */
export async function reloadService(state: string): Promise<ReloadAnswer> {
  const { control } = serviceFiles(state)
  try {
    return await ask<ReloadAnswer>(control, 'reload', WAIT)
  } catch (error) {
    if (!(error instanceof ControlFailure)) throw error
    if (error.code === 'FORBIDDEN') throw new Failure(EX_NOPERM, 'only root may speak to candy serve: run this as root')
    if (error.code === 'FAILED') throw new Failure(EX_UNAVAILABLE, error.message)
    const next = existsSync(state) ? 'under systemd: systemctl start candy' : '"candy enable" sets it up'
    throw new Failure(EX_UNAVAILABLE, `candy serve does not run: nobody listens on ${control}; ${next}`)
  }
}

/** The same for a command that has done its own part; where no service runs, says that nothing is in force. */
export async function reloadAfter(state: string): Promise<ReloadAnswer | undefined> {
  try {
    return await reloadService(state)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    console.error(`not in force yet: ${error.message}`)
    return undefined
  }
}

/** Problems on standard error, what is in force on standard output. */
export function printReload({ reloaded, problems, inForce }: ReloadAnswer): void {
  for (const problem of problems) console.error(problem)
  if (!reloaded) console.error('not in force; the service goes on with the configuration that it had:')
  console.log(printInForce(inForce))
}

function printInForce({ generation, since, configuration, filters }: InForce): string {
  const what = configuration === 'files' ? '' : ', the last that was good before the service was started'
  const head = `in force: generation ${generation}, since ${since}${what}`
  return [head, ...(filters.length === 0 ? ['  no filters: mail passes unfiltered'] : filters.map(printFilter))].join(
    '\n',
  )
}

function printFilter({ name, package: named, version, directory, path }: FilterInForce): string {
  if (named === undefined) return `  ${name}  script ${path}`
  return `  ${name}  ${named}${version === undefined ? '' : ` ${version}`}  ${directory ?? ''}`.trimEnd()
}
