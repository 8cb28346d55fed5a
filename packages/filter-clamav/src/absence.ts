/**
 * Explains why clamd cannot be reached at a UNIX socket of this machine, and what to type next. The error of connect(2) is the
 * same when clamd is not installed, when it waits for its first databases and when it was stopped; files on the disk show which.
 */
import { readdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { configurationOf } from './clamd/configuration.js'

/** Where clamd and its databases of signatures are on a machine. */
export interface Places {
  /** DatabaseDirectory of clamd.conf(5), into which freshclam writes. */
  readonly databases: string
  /** Paths at which packages install clamd. */
  readonly programs: readonly string[]
}

const PLACES: Places = { databases: '/var/lib/clamav', programs: ['/usr/sbin/clamd', '/usr/local/sbin/clamd'] }

/** Debian's clamav-daemon.service starts only when there is a file of each database (ConditionPathExistsGlob). */
const REQUIRED_DATABASES = ['main', 'daily']

/**
 * A sentence for the operator that ends in the next step; undefined when the cause is not known. `code` is the error code of
 * connect(2), `ENOENT` for example.
 */
export async function explainAbsence(
  path: string,
  code: string | undefined,
  places: Places = PLACES,
): Promise<string | undefined> {
  if (code === 'EACCES') return await explainDenial(path)
  if (code !== 'ENOENT' && code !== 'ECONNREFUSED') return undefined
  if (!(await anyExists(places.programs))) {
    return `clamd is not installed here (there is no ${places.programs[0]}): apt install clamav-daemon`
  }
  const missing = await missingDatabases(places.databases)
  if (missing.length > 0) {
    return (
      `clamd does not start before freshclam has fetched its signatures (there is no ${missing.join(', no ')} in ${places.databases}): ` +
      'wait for that (systemctl status clamav-freshclam shows how far it is), then systemctl enable --now clamav-daemon'
    )
  }
  if (code === 'ECONNREFUSED') return 'nobody listens at this socket any more: systemctl restart clamav-daemon'
  return (
    'there is no such socket: systemctl enable --now clamav-daemon, or, if it runs (systemctl status clamav-daemon), ' +
    `write its LocalSocket (${configurationOf({ path })}) into "addresses"`
  )
}

/** Names the topmost directory in the socket's path that this account may not enter, or else the socket. */
async function explainDenial(path: string): Promise<string> {
  const { username } = userInfo()
  const forbidden = await firstForbidden(dirname(path))
  if (forbidden !== undefined) {
    return `the account ${username} may not enter ${forbidden}: chmod o+x ${forbidden}, or put the account into its group`
  }
  return (
    `the account ${username} may not use this socket: set LocalSocketMode 666 in ${configurationOf({ path })} ` +
    `and systemctl restart clamav-daemon, or put the account into the socket's group (LocalSocketGroup)`
  )
}

async function firstForbidden(directory: string): Promise<string | undefined> {
  const above = dirname(directory)
  const forbidden = above === directory ? undefined : await firstForbidden(above)
  if (forbidden !== undefined) return forbidden
  try {
    // To look up `.` in a directory is to enter it. access(2) would not do: it checks the real user ID, where stat(2) and
    // connect(2) check the effective one.
    await stat(`${directory}/.`)
    return undefined
  } catch {
    return directory
  }
}

/** The files of the databases that are missing. Empty, too, when the directory cannot be read and it is not known which are. */
async function missingDatabases(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => undefined)
  if (names === undefined) return []
  return REQUIRED_DATABASES.filter((stem) => !names.some((name) => name.startsWith(`${stem}.`))).map(
    (stem) => `${stem}.cvd`,
  )
}

async function anyExists(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)))
  return found.some((each) => each !== undefined)
}
