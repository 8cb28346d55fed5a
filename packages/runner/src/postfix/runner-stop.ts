/** Stops `candy serve` once nothing needs it any more, and then removes its sockets. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ACCOUNT, userId } from '../os/accounts.js'
import { readProcessStat } from '../os/process-stat.js'
import { type InstancePaths, removeCreated, removeSockets } from './directories.js'
import { MODES, SERVED_MODES } from './mode.js'
import { runnerUnitPaths } from './runner-start.js'
import { socketOwner } from './socket-owner.js'

/** The process ID of init(1) or systemd. */
const INIT = 1

/** Milliseconds that the runner may take to end. It is stopped only when it has no mail any more. */
const TIMEOUT = 30_000

/** What `stopRunner` will stop or remove, for the operator. */
export async function describeRunner(paths: InstancePaths): Promise<readonly string[]> {
  const units = runnerUnitPaths(paths.configDirectory).filter((path) => existsSync(path))
  const directory = join(paths.queueDirectory, 'candy')
  return [
    ...units.map((path) => `stop and remove ${path}`),
    ...(units.length > 0 ? [] : (await runnerProcesses(paths)).map((pid) => `stop candy serve (process ${pid})`)),
    ...(existsSync(directory) ? [`remove ${directory}`] : []),
  ]
}

/** Removes the units, and stops a runner that was started without them. Reports what the operator has to do by hand. */
export async function stopRunner(paths: InstancePaths, report: (what: string) => void): Promise<void> {
  await removeCreated(runnerUnitPaths(paths.configDirectory), paths)
  const stopped = await runnerProcesses(paths)
  for (const pid of stopped) {
    const supervisor = parentName(pid)
    report(`stopping candy serve (process ${pid})`)
    process.kill(pid, 'SIGTERM')
    for (const end = Date.now() + TIMEOUT; (await runnerProcesses(paths)).includes(pid) && Date.now() < end; )
      await sleep(50)
    if (supervisor !== undefined) {
      report(
        `if ${supervisor} starts candy serve again, take it out there: it serves nothing any more, and cannot start`,
      )
    }
  }
  const remaining = await runnerProcesses(paths)
  if (remaining.length === 0) removeSockets(paths.queueDirectory)
  else {
    const directory = join(paths.queueDirectory, 'candy')
    report(`candy serve runs (process ${remaining.join(', ')}): end it where it was started, then remove ${directory}`)
  }
}

/** The process IDs of runners: processes of the account candy that listen on this instance's sockets. */
export async function runnerProcesses({
  queueDirectory,
}: Pick<InstancePaths, 'queueDirectory'>): Promise<readonly number[]> {
  const user = await userId(ACCOUNT)
  if (user === undefined) return []
  const owners = SERVED_MODES.map((mode) => socketOwner(join(queueDirectory, MODES[mode].socket), user))
  return [...new Set(owners)].filter((pid) => pid !== undefined)
}

/** The parent of a process, for example `runsv (process 812)`; undefined where that is init(1) or not known. */
function parentName(pid: number): string | undefined {
  const parent = readProcessStat(pid)?.parent ?? INIT
  const name = parent === INIT ? undefined : readProcessStat(parent)?.name
  return name && `${name} (process ${parent})`
}
