/** Ends the resident runner once nothing needs it, and only then removes its sockets. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ACCOUNT, userId } from '../os/accounts.js'
import { readProcessStat } from '../os/process-stat.js'
import { type InstancePaths, removeSockets, unmake } from './directories.js'
import { MODES, SMTP_MODES } from './mode.js'
import { runnerUnitPaths } from './runner-start.js'
import { socketOwner } from './socket-owner.js'

/** init(1), or systemd in its place. */
const INIT = 1

/** Milliseconds that it may take to end. It has no mail any more by then. */
const TIMEOUT = 30_000

/** Names and process ids of what would be ended or removed, for people. */
export async function describeRunner(paths: InstancePaths): Promise<readonly string[]> {
  const units = runnerUnitPaths(paths.configDirectory).filter((path) => existsSync(path))
  const directory = join(paths.queueDirectory, 'candy')
  return [
    ...units.map((path) => `stop and remove ${path}`),
    ...(units.length > 0 ? [] : (await runnerProcesses(paths)).map((pid) => `stop candy serve (process ${pid})`)),
    ...(existsSync(directory) ? [`remove ${directory}`] : []),
  ]
}

/** Ends the units, or a runner that somebody else has started; says what is left to do by hand. */
export async function stopRunner(paths: InstancePaths, report: (what: string) => void): Promise<void> {
  await unmake(runnerUnitPaths(paths.configDirectory), paths)
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
  const again = await runnerProcesses(paths)
  if (again.length === 0) removeSockets(paths.queueDirectory)
  else {
    const directory = join(paths.queueDirectory, 'candy')
    report(`candy serve runs (process ${again.join(', ')}): end it where it was started, then remove ${directory}`)
  }
}

/** The processes that listen on the sockets of this instance as the account candy. */
async function runnerProcesses({ queueDirectory }: InstancePaths): Promise<readonly number[]> {
  const user = await userId(ACCOUNT)
  if (user === undefined) return []
  const owners = SMTP_MODES.map((mode) => socketOwner(join(queueDirectory, MODES[mode].socket), user))
  return [...new Set(owners)].filter((pid) => pid !== undefined)
}

/** `runsv (process 812)`, say; undefined where nobody but init(1) would know. */
function parentName(pid: number): string | undefined {
  const parent = readProcessStat(pid)?.parent ?? INIT
  const name = parent === INIT ? undefined : readProcessStat(parent)?.name
  return name && `${name} (process ${parent})`
}
