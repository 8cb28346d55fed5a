/** The resident runner, as far as setting Postfix up needs it: where the mode has one it must answer before mail depends on it. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { instanceName } from '../config/settings.js'
import { mailGroup, type OwnedPath } from '../postfix/directories.js'
import { PostfixError } from '../postfix/error.js'
import type { Instance } from '../postfix/instance.js'
import { answers } from '../postfix/listener.js'
import { MODES, type Mode } from '../postfix/mode.js'
import { hasSystemd, startUnits, unitPaths, unitsFor } from '../postfix/systemd.js'

const CANDY = fileURLToPath(new URL('../../bin/candy.js', import.meta.url))

/** Milliseconds that systemd may take to start it, and that a person may, who has to type it first. */
const UNITS_WAIT = 30_000
const PERSON_WAIT = 300_000

/** Milliseconds between two reminders of what is waited for. */
const REMINDER = 15_000

interface RunnerStart {
  readonly instance: Instance
  readonly mode: Mode
  readonly units: readonly OwnedPath[]
  /** Milliseconds that a supervisor may take to start it; undefined when nobody has said. */
  readonly wait: number | undefined
  /** Says what is being done, for people. */
  readonly report: (what: string) => void
  readonly signal: AbortSignal
}

/** The units of the runner, where the mode needs it and systemd is there. */
export async function runnerUnits(instance: Instance, mode: Mode, state: string): Promise<readonly OwnedPath[]> {
  if (mode === 'pipe' || !hasSystemd()) return []
  const { configDirectory } = instance
  const group = await mailGroup(instance)
  return unitsFor(instance, { name: unitName(configDirectory), command: runnerCommand(configDirectory), state, group })
}

/** `candy serve` of this installation. Started by root it gives up root's rights itself. */
function runnerCommand(configDirectory: string): readonly string[] {
  return [process.execPath, CANDY, '-c', configDirectory, 'serve']
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
  mode,
  units,
  wait,
  report,
  signal,
}: RunnerStart): () => Promise<() => Promise<void>> {
  const { configDirectory, queueDirectory } = instance
  return async () => {
    if (mode === 'pipe') return async () => {}
    const path = join(queueDirectory, MODES[mode].socket)
    const command = runnerCommand(configDirectory).join(' ')
    const back = units.length > 0 ? await startUnits(units) : async (): Promise<void> => {}
    if (await answers(path)) return back
    const timeout = wait ?? (units.length > 0 ? UNITS_WAIT : PERSON_WAIT)
    const say = (): void => {
      if (units.length === 0)
        report(`waiting for candy serve: run it now, in another terminal or by your supervisor: ${command}`)
    }
    say()
    let told = Date.now()
    for (const end = Date.now() + timeout; !(await answers(path)); await sleep(500, undefined, { signal })) {
      if (Date.now() - told > REMINDER) {
        say()
        told = Date.now()
      }
      if (Date.now() < end) continue
      await back()
      throw new PostfixError(
        `nobody answers on ${path}: have this run under your supervisor, restarted whenever it ends (docs/enable.md), then try again: ${command}`,
      )
    }
    return back
  }
}

function unitName(configDirectory: string): string {
  const name = instanceName(configDirectory)
  return name === 'postfix' ? 'candy' : `candy-${name}`
}
