/**
 * Runs filters as the account candy, even when root typed the command, because filters are other people's code. Root only opens
 * the files that candy may not open.
 *
 * setpriv(1) starts a new process without root's rights. Node.js cannot always give them up itself: if it was built with
 * io_uring, as on Debian 13, process.setgroups(), setgid() and setuid() throw (CVE-2024-22017). The new process has no_new_privs
 * set (prctl(2)), so that no set-uid file can give it root's rights again.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { ACCOUNT, hasAccount } from '../os/accounts.js'
import { commandsOf } from '../postfix/commands.js'
import { PostfixError } from '../postfix/error.js'
import { CANDY } from '../postfix/installation.js'
import { EX_NOPERM, Failure } from './failure.js'

/** The signals that this process passes on to the process that runs as candy. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

/** SD_LISTEN_FDS_START of sd_listen_fds(3): the first descriptor after standard error. */
const FIRST_DESCRIPTOR = 3

/** The environment variable with the descriptors of files that root opened for the process that runs as candy, by purpose. */
const OPENED = 'CANDY_OPENED'

export interface RunOptions {
  /** Descriptors of files that root opened for the new process, by purpose (see `inheritedFile`). */
  readonly opened?: Readonly<Record<string, number>>
  /** Groups that the process gets besides those of the account, by name or number. */
  readonly groups?: readonly string[]
}

/** Whether filters must not run in this process, because it runs as root and the account candy exists. */
export async function mustChangeAccount(): Promise<boolean> {
  return process.geteuid?.() === 0 && (await hasAccount(ACCOUNT))
}

/**
 * The command line that runs candy with the rights that filters get: those of the account candy if this process runs as root,
 * else the rights of this process. `groups` are additional groups, by name or number. Throws Failure when the account may not run
 * candy.
 */
export async function commandForFilters(
  argv: readonly string[],
  groups: readonly string[] = [],
): Promise<readonly [string, ...string[]]> {
  const command = [process.execPath, CANDY, ...argv] as const
  if (!(await mustChangeAccount())) return command
  const [setpriv, ...rights] = rightsOfCandy(groups)
  const { status, stderr, error } = spawnSync(setpriv, [...rights, 'test', '-x', process.execPath, '-a', '-r', CANDY])
  if (error !== undefined) throw new Failure(EX_NOPERM, `setpriv(1) of util-linux cannot be run: ${error.message}`)
  if (status !== 0) {
    const why = `it may not run ${process.execPath} or not read ${CANDY}: install both where everybody may read them`
    throw new Failure(EX_NOPERM, `filters run as the account ${ACCOUNT}, and ${stderr.toString().trim() || why}`)
  }
  return [setpriv, ...rights, ...command]
}

/**
 * Runs the command that was typed again, with the rights that filters get, and ends with its exit status. The new process has the
 * same terminal, gets the signals that this process gets, and gets SIGTERM when this process is killed. Sockets and the watchdog
 * setting from systemd are passed on (sd_listen_fds(3), sd_watchdog_enabled(3)).
 */
export async function runAsCandy({ opened = {}, groups = [] }: RunOptions = {}): Promise<void> {
  const { env, pid } = process
  const sockets = Number(env.LISTEN_PID) === pid ? Number(env.LISTEN_FDS) || 0 : 0
  const passed = [...Array.from({ length: sockets }, (_, n) => FIRST_DESCRIPTOR + n), ...Object.values(opened)]
  const descriptors = Object.keys(opened).map((name, n) => [name, FIRST_DESCRIPTOR + sockets + n] as const)
  // These variables must name the new process. The shell knows its process ID, since the shell itself becomes that process
  // (exec).
  const renamed = (['LISTEN_PID', 'WATCHDOG_PID'] as const).filter((name) => Number(env[name]) === pid)
  const script = `${renamed.map((name) => `${name}=$$ `).join('')} exec "$@"`
  const command = await commandForFilters(process.argv.slice(2), groups)
  const child = spawn('sh', ['-c', script, 'sh', ...command], {
    env: { ...env, [OPENED]: JSON.stringify(Object.fromEntries(descriptors)) },
    stdio: ['inherit', 'inherit', 'inherit', ...passed],
  })
  await endWith(child)
}

/**
 * The group that may enter `public/` in the queue directory, where the sockets are to hand mail back to Postfix. None without
 * Postfix.
 */
export async function reinjectionGroups(configDirectory: string): Promise<readonly string[]> {
  try {
    return [(await commandsOf(configDirectory)('postconf', '-h', 'setgid_group')).trim()]
  } catch (error) {
    if (error instanceof PostfixError) return []
    throw error
  }
}

/** The descriptor of a file that root opened for this process; undefined if there is none. */
export function inheritedFile(name: string): number | undefined {
  const opened = JSON.parse(process.env[OPENED] ?? '{}') as Readonly<Record<string, number>>
  return opened[name]
}

/** Passes signals on to the child, and ends this process as the child ends. */
async function endWith(child: ChildProcess): Promise<void> {
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of PASSED_ON) process.on(signal, pass)
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  for (const signal of PASSED_ON) process.off(signal, pass)
  if (signal !== null) process.kill(process.pid, signal)
  process.exitCode = status ?? undefined
}

/** The start of a command line that gives the rest of it only the rights of the account candy. */
function rightsOfCandy(groups: readonly string[]): readonly [string, ...string[]] {
  const own = spawnSync('id', ['-G', ACCOUNT]).stdout.toString().trim().split(' ')
  const account = ['--reuid', ACCOUNT, '--regid', ACCOUNT, '--groups', [...own, ...groups].join()]
  return ['setpriv', ...account, '--no-new-privs', '--pdeathsig', 'TERM', '--']
}
