/**
 * Filters are other people's code, so they run as the account candy even when root typed the command. Root only opens the files
 * that candy may not open.
 *
 * Root's rights are given up by setpriv(1), in a new process that never has them. Node.js cannot give them up itself
 * everywhere: built with io_uring, as Debian 13 builds it, process.setgroups(), setgid() and setuid() throw (CVE-2024-22017). The
 * new process has no_new_privs set (prctl(2)), so that no set-uid file gives them back to it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { ACCOUNT, hasAccount } from '../os/accounts.js'
import { CANDY } from '../postfix/installation.js'
import { EX_NOPERM, Failure } from './failure.js'

/** Signals that the process which was typed passes on to the one that does the work. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

/** SD_LISTEN_FDS_START of sd_listen_fds(3): the first descriptor behind standard error. */
const FIRST_DESCRIPTOR = 3

/** Descriptors of files that root opened for the process that runs as candy, by what they are for. */
const OPENED = 'CANDY_OPENED'

export interface RunOptions {
  /** Descriptors of files that root opened for the new process, by what they are for: see `inheritedFile`. */
  readonly opened?: Readonly<Record<string, number>>
  /** Groups beside those that the account is in, by name or number. */
  readonly groups?: readonly string[]
}

/** Whether filters must not run in this process: it is root's, and there is the account that they are to run as. */
export async function mustChangeAccount(): Promise<boolean> {
  return process.geteuid?.() === 0 && (await hasAccount(ACCOUNT))
}

/**
 * A command line of candy with the rights that filters get: those of the account candy where root asks, else those of whoever
 * asks. `groups` are further groups, by name or number. Throws Failure when the account may not run it.
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
 * Runs the command that was typed once more, with the rights that filters get, and ends with its status. The new process has this
 * one's terminal, gets the signals that are sent to this one, and gets SIGTERM when this one is killed. What systemd passes to a
 * service is passed on (sd_listen_fds(3), sd_watchdog_enabled(3)).
 */
export async function runAsCandy({ opened = {}, groups = [] }: RunOptions = {}): Promise<void> {
  const { env, pid } = process
  const sockets = Number(env.LISTEN_PID) === pid ? Number(env.LISTEN_FDS) || 0 : 0
  const passed = [...Array.from({ length: sockets }, (_, n) => FIRST_DESCRIPTOR + n), ...Object.values(opened)]
  const descriptors = Object.keys(opened).map((name, n) => [name, FIRST_DESCRIPTOR + sockets + n] as const)
  // They name the process that is meant, and the new one's number is known to the shell that becomes it.
  const renamed = (['LISTEN_PID', 'WATCHDOG_PID'] as const).filter((name) => Number(env[name]) === pid)
  const script = `${renamed.map((name) => `${name}=$$ `).join('')} exec "$@"`
  const command = await commandForFilters(process.argv.slice(2), groups)
  const child = spawn('sh', ['-c', script, 'sh', ...command], {
    env: { ...env, [OPENED]: JSON.stringify(Object.fromEntries(descriptors)) },
    stdio: ['inherit', 'inherit', 'inherit', ...passed],
  })
  await endWith(child)
}

/** The descriptor of a file that root opened for this process; undefined where there is none. */
export function inheritedFile(name: string): number | undefined {
  const opened = JSON.parse(process.env[OPENED] ?? '{}') as Readonly<Record<string, number>>
  return opened[name]
}

async function endWith(child: ChildProcess): Promise<void> {
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of PASSED_ON) process.on(signal, pass)
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  for (const signal of PASSED_ON) process.off(signal, pass)
  if (signal !== null) process.kill(process.pid, signal)
  process.exitCode = status ?? undefined
}

function rightsOfCandy(groups: readonly string[]): readonly [string, ...string[]] {
  const own = spawnSync('id', ['-G', ACCOUNT]).stdout.toString().trim().split(' ')
  const account = ['--reuid', ACCOUNT, '--regid', ACCOUNT, '--groups', [...own, ...groups].join()]
  return ['setpriv', ...account, '--no-new-privs', '--pdeathsig', 'TERM', '--']
}
