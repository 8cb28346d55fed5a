/**
 * Why no clamd answers at a UNIX socket of this machine, and what to type next. The error of connect(2) is the same for a
 * clamd that is not installed, that waits for its first signatures or that was stopped; the files around it tell them apart.
 */
import { readdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { configurationOf } from './clamd/configuration.js'

/** Where a distribution puts what clamd needs. */
export interface Places {
  /** DatabaseDirectory of clamd.conf(5). */
  readonly signatures: string
  /** One of these is clamd, where it is installed. */
  readonly programs: readonly string[]
}

const PLACES: Places = { signatures: '/var/lib/clamav', programs: ['/usr/sbin/clamd', '/usr/local/sbin/clamd'] }

/** Debian's clamav-daemon.service starts only when there is a file of each (ConditionPathExistsGlob). */
const NEEDED = ['main', 'daily']

/**
 * A sentence for the operator that ends in the next step; undefined where the files tell nothing. `code` is the error's of
 * connect(2).
 */
export async function explainAbsence(
  path: string,
  code: string | undefined,
  places: Places = PLACES,
): Promise<string | undefined> {
  if (code === 'EACCES') return await explainDenial(path)
  if (code !== 'ENOENT' && code !== 'ECONNREFUSED') return undefined
  if (!(await isAnyThere(places.programs))) {
    return `clamd is not installed here (there is no ${places.programs[0]}): apt install clamav-daemon`
  }
  const missing = await missingSignatures(places.signatures)
  if (missing.length > 0) {
    return (
      `clamd does not start before its signatures have come (there is no ${missing.join(', no ')} in ${places.signatures}): ` +
      'wait for freshclam (systemctl status clamav-freshclam shows how far it is), then systemctl start clamav-daemon'
    )
  }
  if (code === 'ECONNREFUSED') return 'nobody listens at this socket any more: systemctl restart clamav-daemon'
  return (
    'there is no such socket: systemctl start clamav-daemon, or, if it runs (systemctl status clamav-daemon), ' +
    `write its LocalSocket (${configurationOf({ path })}) into "addresses"`
  )
}

/** Names the first directory on the way that this account may not enter, or else the socket. */
async function explainDenial(path: string): Promise<string> {
  const { username } = userInfo()
  const shut = await firstShut(dirname(path))
  if (shut !== undefined) {
    return `the account ${username} may not enter ${shut}: chmod o+x ${shut}, or put the account into its group`
  }
  return (
    `the account ${username} may not use this socket: set LocalSocketMode 666 in ${configurationOf({ path })} ` +
    `and systemctl restart clamav-daemon, or put the account into the socket's group (LocalSocketGroup)`
  )
}

async function firstShut(directory: string): Promise<string | undefined> {
  const above = dirname(directory)
  const shut = above === directory ? undefined : await firstShut(above)
  if (shut !== undefined) return shut
  try {
    // access(2) asks for the real user, and not for the one whose rights count.
    await stat(`${directory}/.`)
    return undefined
  } catch {
    return directory
  }
}

/** Empty also where the directory cannot be read: then nobody knows. */
async function missingSignatures(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => undefined)
  if (names === undefined) return []
  return NEEDED.filter((stem) => !names.some((name) => name.startsWith(`${stem}.`))).map((stem) => `${stem}.cvd`)
}

async function isAnyThere(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)))
  return found.some((each) => each !== undefined)
}
