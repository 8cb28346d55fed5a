/**
 * Writes and starts the systemd units of `candy serve`: socket units, whose sockets stay open while the service restarts, and a
 * service unit with a watchdog (systemd.service(5), systemd.socket(5)). Their texts are in service-unit.ts and socket-unit.ts.
 *
 * All sockets of a unit share one name (FileDescriptorName=), so each socket has its own unit.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import type { OwnedPath } from './directories.js'
import { PostfixError } from './error.js'
import type { Instance } from './instance.js'
import { serviceUnit } from './service-unit.js'
import { MODES_WITH_SOCKET, socketName, socketUnit } from './socket-unit.js'

const UNITS = '/etc/systemd/system'

export interface Runner {
  /** `candy`, or `candy-NAME` for another instance than the default one. */
  readonly name: string
  /** The words of the command line of `candy serve`. */
  readonly command: readonly string[]
  /** The state directory. */
  readonly state: string
  /** The group of mail_owner, whose members may connect. */
  readonly group: string
}

/** Whether this machine was booted with systemd (sd_booted(3)). */
export function hasSystemd(): boolean {
  return existsSync('/run/systemd/system')
}

/** The paths of the unit files, in the order in which the units are started. */
export function unitPaths(name: string): readonly string[] {
  return [...MODES_WITH_SOCKET.map((mode) => socketName(name, mode)), `${name}.service`].map((unit) =>
    join(UNITS, unit),
  )
}

/** The unit files as owned paths, with their texts. */
export function unitsFor(instance: Instance, runner: Runner): readonly OwnedPath[] {
  const texts = [...MODES_WITH_SOCKET.map((mode) => socketUnit(instance, runner, mode)), serviceUnit(instance, runner)]
  return unitPaths(runner.name).map((path, index) => ({ path, owner: 'root', mode: 0o644, text: texts[index] ?? '' }))
}

/**
 * Starts the runner, or restarts it if its unit files have changed. Returns a function that puts the units back as they were.
 * When systemctl fails, puts them back and throws PostfixError with what systemctl printed.
 */
export async function startUnits(units: readonly OwnedPath[]): Promise<() => Promise<void>> {
  const before = units.map(({ path }) => ({ path, text: readFileSync(path, 'utf8') }))
  const restore = (): Promise<void> => setUnits(before)
  await setUnits(units).catch(async (error: Error) => {
    await restore().catch(() => {})
    throw error
  })
  return restore
}

/** Writes the unit files that differ, and enables and starts the units. */
async function setUnits(units: readonly Pick<OwnedPath, 'path' | 'text'>[]): Promise<void> {
  const names = units.map(({ path }) => basename(path))
  const changed = units.filter(({ path, text }) => readFileSync(path, 'utf8') !== text)
  for (const { path, text = '' } of changed) writeFileSync(path, text)
  await systemctl('daemon-reload')
  await systemctl('enable', ...names)
  // systemd does not change a socket unit while the service has its socket, so everything is stopped first.
  if (changed.length > 0) await systemctl('stop', ...names.toReversed())
  await systemctl('start', ...names)
}

async function systemctl(...args: readonly string[]): Promise<void> {
  const { failed, stderr } = await execa('systemctl', [...args], { reject: false })
  if (failed) throw new PostfixError(`systemctl ${args.join(' ')}: ${stderr}; "journalctl -u candy" may tell more`)
}
