/** The resident runner, as far as setting Postfix up needs it: in SMTP mode it has to answer before mail depends on it. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SOCKETS, type Way } from '../postfix/attachment.js'
import { groupOf, type Place } from '../postfix/directories.js'
import { PostfixError } from '../postfix/error.js'
import { type Instance, parameterOf } from '../postfix/instance.js'
import { answers } from '../postfix/listener.js'
import { hasSystemd, startUnits, unitPaths, unitsFor } from '../postfix/systemd.js'
import { instanceName } from '../site/settings.js'

const CANDY = fileURLToPath(new URL('../../bin/candy.js', import.meta.url))

interface RunnerStart {
  readonly instance: Instance
  readonly way: Way
  readonly units: readonly Place[]
  /** Milliseconds that a supervisor may take to start it. */
  readonly wait: number
  /** Says what is being done, for people. */
  readonly report: (what: string) => void
  readonly signal: AbortSignal
}

/** The units of the runner, where the mode needs it and systemd is there. */
export async function runnerUnits(instance: Instance, way: Way, state: string): Promise<readonly Place[]> {
  if (way === 'pipe' || !hasSystemd()) return []
  const { configDirectory } = instance
  const group = await groupOf(parameterOf(instance, 'mail_owner'))
  const command = [process.execPath, CANDY, '-c', configDirectory, 'serve']
  return unitsFor(instance, { name: unitName(configDirectory), command, state, group })
}

/** Where the units are, made or not. */
export function runnerUnitPaths(configDirectory: string): readonly string[] {
  return unitPaths(unitName(configDirectory))
}

/**
 * Starts the units, or waits for another supervisor, until somebody answers on the socket of the mode. What it gives puts the
 * units back as they were.
 */
export function startRunner({
  instance,
  way,
  units,
  wait,
  report,
  signal,
}: RunnerStart): () => Promise<() => Promise<void>> {
  const { configDirectory, queueDirectory } = instance
  return async () => {
    if (way === 'pipe') return async () => {}
    const path = join(queueDirectory, SOCKETS[way])
    const command = `candy serve -c ${configDirectory}`
    const back = units.length > 0 ? await startUnits(units) : async (): Promise<void> => {}
    if (await answers(path)) return back
    if (units.length === 0) report(`waiting for "${command}": have your supervisor start it now, or start it anew`)
    for (const end = Date.now() + wait; !(await answers(path)); await sleep(500, undefined, { signal })) {
      if (Date.now() < end) continue
      await back()
      throw new PostfixError(
        `nobody answers on ${path}: have "${command}" run under your supervisor, restarted whenever it ends (docs/enable.md), then try again`,
      )
    }
    return back
  }
}

function unitName(configDirectory: string): string {
  const name = instanceName(configDirectory)
  return name === 'postfix' ? 'candy' : `candy-${name}`
}
