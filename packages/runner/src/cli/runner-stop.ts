/** Ends the resident runner once nothing needs it, and only then takes its sockets away. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SOCKETS } from '../postfix/attachment.js'
import { hasAccount, idOf, type Paths, removeSockets, unmake } from '../postfix/directories.js'
import { USER } from '../postfix/services.js'
import { socketOwner } from '../postfix/socket-owner.js'
import { runnerUnitPaths } from './runner-start.js'

/** Milliseconds that it may take to end. No mail is with it any more. */
const TIMEOUT = 30_000

/** Names and process ids of what would be ended or removed, for people. */
export async function describeRunner(paths: Paths): Promise<readonly string[]> {
  const units = runnerUnitPaths(paths.configDirectory).filter((path) => existsSync(path))
  const directory = join(paths.queueDirectory, 'candy')
  return [
    ...units.map((path) => `stop and remove ${path}`),
    ...(units.length > 0 ? [] : (await serving(paths)).map((pid) => `stop candy serve (process ${pid})`)),
    ...(existsSync(directory) ? [`remove ${directory}`] : []),
  ]
}

/** Ends the units, or a runner that somebody else has started; says what is left to do by hand. */
export async function stopRunner(paths: Paths, report: (what: string) => void): Promise<void> {
  await unmake(runnerUnitPaths(paths.configDirectory), paths)
  const stopped = await serving(paths)
  for (const pid of stopped) {
    const supervisor = parentName(pid)
    report(`stopping candy serve (process ${pid})`)
    process.kill(pid, 'SIGTERM')
    for (const end = Date.now() + TIMEOUT; (await serving(paths)).includes(pid) && Date.now() < end; ) await sleep(50)
    if (supervisor !== undefined) {
      report(
        `if ${supervisor} starts candy serve again, take it out there: it serves nothing any more, and cannot start`,
      )
    }
  }
  const again = await serving(paths)
  if (again.length === 0) removeSockets(paths.queueDirectory)
  else {
    const directory = join(paths.queueDirectory, 'candy')
    report(`candy serve runs (process ${again.join(', ')}): end it where it was started, then remove ${directory}`)
  }
}

/** The processes that listen on the sockets of this instance as the account candy. */
async function serving({ queueDirectory }: Paths): Promise<readonly number[]> {
  if (!(await hasAccount())) return []
  const user = await idOf('passwd', USER)
  const holders = Object.values(SOCKETS).map((socket) => socketOwner(join(queueDirectory, socket), user))
  return [...new Set(holders)].filter((pid) => pid !== undefined)
}

/** `runsv (process 812)`, say; undefined where nobody but init(1) would know. */
function parentName(pid: number): string | undefined {
  try {
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
    if (parent === undefined || parent === '1') return undefined
    return `${readFileSync(`/proc/${parent}/comm`, 'utf8').trim()} (process ${parent})`
  } catch {
    return undefined
  }
}
