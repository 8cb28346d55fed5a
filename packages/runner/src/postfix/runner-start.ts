/** Starts `candy serve`, in the modes that need it, and waits until it answers, before any mail depends on it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mailGroup, type OwnedPath } from './directories.js'
import { PostfixError } from './error.js'
import { CANDY } from './installation.js'
import type { Instance } from './instance.js'
import { instanceName } from './instance-name.js'
import { answers } from './listener.js'
import { MODES, type Mode } from './mode.js'
import { hasSystemd, startUnits, unitPaths, unitsFor } from './systemd.js'

/** Milliseconds until it must answer: when systemd starts it, and when a person has to type the command first. */
const UNITS_TIMEOUT = 30_000
const PERSON_TIMEOUT = 300_000

/** Milliseconds between two reminders to start it. */
const REMINDER = 15_000

export interface RunnerStart {
  /** Milliseconds that the runner may take to answer; undefined for the default. */
  readonly wait: number | undefined
  /** Tells the operator what is being done. */
  readonly report: (what: string) => void
  /** Aborts the waiting. */
  readonly signal: AbortSignal
}

/** The unit files of the runner. None without systemd; in mode pipe, which needs no runner, only those of a runner that is set up. */
export async function runnerUnits(instance: Instance, mode: Mode, state: string): Promise<readonly OwnedPath[]> {
  const { configDirectory } = instance
  if (!hasSystemd() || (mode === 'pipe' && !runnerUnitPaths(configDirectory).some(existsSync))) return []
  const group = await mailGroup(instance)
  return unitsFor(instance, { name: unitName(configDirectory), command: runnerCommand(configDirectory), state, group })
}

/** The paths of an instance's unit files, whether they exist or not. */
export function runnerUnitPaths(configDirectory: string): readonly string[] {
  return unitPaths(unitName(configDirectory))
}

/**
 * Starts the units, or without units asks a person to start the runner, and waits until it answers on the socket of the mode.
 * Returns a function that puts the units back as they were. Throws PostfixError when the runner does not answer in time.
 */
export async function startRunner(
  { instance, mode, units }: { readonly instance: Instance; readonly mode: Mode; readonly units: readonly OwnedPath[] },
  { wait, report, signal }: RunnerStart,
): Promise<() => Promise<void>> {
  const restore = units.length > 0 ? await startUnits(units) : async (): Promise<void> => {}
  if (mode === 'pipe') return restore
  const path = join(instance.queueDirectory, MODES[mode].socket)
  const isUp = (): Promise<boolean> => answers(path, mode)
  const command = runnerCommand(instance.configDirectory).join(' ')
  if (await isUp()) return restore
  const remind = (): void => {
    if (units.length === 0)
      report(`waiting for candy serve: run it now, in another terminal or by your supervisor: ${command}`)
  }
  remind()
  let reminded = Date.now()
  const end = Date.now() + (wait ?? (units.length > 0 ? UNITS_TIMEOUT : PERSON_TIMEOUT))
  for (; !(await isUp()); await sleep(500, undefined, { signal })) {
    if (Date.now() - reminded > REMINDER) {
      remind()
      reminded = Date.now()
    }
    if (Date.now() < end) continue
    await restore()
    throw new PostfixError(
      `nobody answers on ${path}: have this run under your supervisor, restarted whenever it ends (docs/enable.md), then try again: ${command}`,
    )
  }
  return restore
}

/** The command line of `candy serve`. When root starts it, it gives up root's rights itself. */
function runnerCommand(configDirectory: string): readonly string[] {
  return [process.execPath, CANDY, '-c', configDirectory, 'serve']
}

/** The name of the units without their suffix. */
function unitName(configDirectory: string): string {
  const name = instanceName(configDirectory)
  return name === 'postfix' ? 'candy' : `candy-${name}`
}
