/**
 * A mount namespace of its own for one daemon (mount_namespaces(7)): a private configuration directory lies over
 * /etc/postfix there, and the host's is never touched. It is also how every process of an instance is found again:
 * pipe(8) puts its commands in process groups of their own, so the group alone would miss some.
 */
import { open, readdir, readlink } from 'node:fs/promises'
import { signal } from './processes.js'
import { until } from './waiting.js'

/** A command line, ready for `spawn`. */
export type CommandLine = readonly [command: string, ...args: string[]]

/**
 * The command line that runs a shell script in a new mount namespace, where `directory` lies over `over`. The shell gets
 * SIGTERM when the process that started it dies, however that happens (PR_SET_PDEATHSIG in prctl(2)). That does not hold
 * for a program that changes its credentials, such as master(8): the shell has to stay and pass it on.
 */
export function inNewNamespace(directory: string, over: string, script: string): CommandLine {
  const mounted = `mount --bind "$1" "$2" && ${script}`
  const unshare = ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', mounted, 'sh', directory, over]
  return ['setpriv', '--pdeathsig', 'TERM', ...unshare]
}

/** The same without a mount namespace, for machines that allow none; Postfix's own commands find the directory by MAIL_CONFIG. */
export function withConfiguration(directory: string, script: string): CommandLine {
  return ['setpriv', '--pdeathsig', 'TERM', 'env', `MAIL_CONFIG=${directory}`, 'sh', '-c', script]
}

/** Mounts a /proc that shows an account only its own processes (proc(5)); to be run in a mount namespace of its own. */
export const HIDE_PROCESSES: CommandLine = ['mount', '-t', 'proc', '-o', 'hidepid=2', 'proc', '/proc']

/** The command line that runs a command, as root, where /proc shows an account only its own processes. */
export function whereProcHides(line: CommandLine): CommandLine {
  const script = `${HIDE_PROCESSES.join(' ')} && exec "$@"`
  return ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', script, 'sh', ...line]
}

/** The command line that runs a command in the mount namespace of a process, as `user` where given. */
export function inNamespaceOf(pid: number, line: CommandLine, user?: string): CommandLine {
  const as = user === undefined ? [] : ['setpriv', '--reuid', user, '--regid', user, '--clear-groups', '--']
  return ['nsenter', `--target=${pid}`, '--mount', '--root', '--wd', '--', ...as, ...line]
}

/** The name of a process's mount namespace; undefined when the process is gone. */
export function namespaceOf(pid: number | 'self'): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/mnt`).catch(() => undefined)
}

/** The processes in a mount namespace. */
export async function processesIn(namespace: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const homes = await Promise.all(pids.map(namespaceOf))
  return pids.filter((_, index) => homes[index] === namespace)
}

/**
 * Returns a function that kills all that is left in the mount namespace of a process, and waits until it is gone; it may be called again.
 * Until then the namespace is held open: once the kernel has let go of it, another test's may get the same name. Throws when the
 * process is gone, or is in the namespace that this one runs in.
 */
export async function holdNamespace(pid: number): Promise<() => Promise<void>> {
  const held = await open(`/proc/${pid}/ns/mnt`)
  const namespace = await readlink(`/proc/self/fd/${held.fd}`)
  if (namespace === (await namespaceOf('self'))) throw new Error('will not end the namespace this process runs in')
  let ended: Promise<void> | undefined
  const end = async (): Promise<void> => {
    await endAll(`in ${namespace}`, () => processesIn(namespace))
    await held.close()
  }
  return () => {
    ended ??= end()
    return ended
  }
}

/** Kills the processes that are at home in a directory, as all of Postfix's are in its queue, and waits until they are gone. */
export async function endProcessesAt(directory: string): Promise<void> {
  await endAll(`at ${directory}`, async () => {
    const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
    const homes = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)))
    return pids.filter((_, index) => homes[index] === directory)
  })
}

async function endAll(where: string, find: () => Promise<readonly number[]>): Promise<void> {
  await until(`the end of the processes ${where}`, async () => {
    const left = await find()
    for (const pid of left) signal(pid, 'SIGKILL')
    return left.length === 0
  })
}
