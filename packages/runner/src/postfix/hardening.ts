/** Reads which restrictions systemd puts on Postfix's processes, and so on those that pipe(8) starts (systemd.exec(5)). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

/**
 * Whether processes of the instance may make memory executable, as the just-in-time compiler of Node.js does. The unit of Debian
 * 13 forbids it (`MemoryDenyWriteExecute=yes`), and Node.js would crash in the middle of a message.
 */
export async function allowsExecutableMemory(queueDirectory: string): Promise<boolean> {
  const words = ['show', '--property=MemoryDenyWriteExecute', '--value', unitOf(queueDirectory)]
  const { stdout, failed } = await execa('systemctl', words, { reject: false })
  return failed || stdout.trim() !== 'yes'
}

/**
 * A system call that Node.js makes when it starts. It is in none of the sets of system calls that systemd has for ordinary services
 * (systemd-analyze syscall-filter).
 */
const STARTUP_CALL = 'pkey_alloc'

/**
 * The unit of the instance if systemd kills Node.js in it, because Node.js makes a system call that the unit does not allow
 * (`SystemCallFilter=`, as on Debian 13); undefined where Node.js can run. With `SystemCallErrorNumber=` the call fails instead,
 * and Node.js goes on without it.
 */
export async function unitThatKillsNode(queueDirectory: string): Promise<string | undefined> {
  const unit = unitOf(queueDirectory)
  const properties = ['SystemCallFilter', 'SystemCallErrorNumber'].map((name) => `--property=${name}`)
  const { stdout, failed } = await execa('systemctl', ['show', ...properties, unit], { reject: false })
  return !failed && killsNode(stdout) ? unit : undefined
}

/** MAX_ERRNO of Linux. */
const MAX_ERRNO = 4_096

/**
 * Whether the unit kills Node.js. `shown` is the output of `systemctl show`: the calls that are allowed or, after `~`, those that
 * are not.
 */
export function killsNode(shown: string): boolean {
  const values = new Map(
    shown.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const [, not = '', list = ''] = /^(~?)(.*)$/.exec(values.get('SystemCallFilter') ?? '') ?? []
  if (list === '' && not === '') return false
  // With an errno(3) the call fails; with any other value systemd kills the process.
  const error = Number(values.get('SystemCallErrorNumber') ?? '')
  if (error > 0 && error < MAX_ERRNO) return false
  return list.split(' ').includes(STARTUP_CALL) === (not === '~')
}

/** The unit in which master(8) runs (cgroups(7)); `postfix.service` while it does not run. */
function unitOf(queueDirectory: string): string {
  try {
    const pid = Number(readFileSync(join(queueDirectory, 'pid/master.pid'), 'utf8'))
    const [, unit] = /\/([^/\n]+\.service)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? []
    if (unit !== undefined) return unit
  } catch {
    // master(8) does not run.
  }
  return 'postfix.service'
}
