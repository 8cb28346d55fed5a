/** What systemd keeps Postfix's processes from, and with them those that pipe(8) starts (systemd.exec(5)). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

/**
 * Whether processes of the instance may make memory executable, as the compiler of Node.js does. The unit of Debian 13 forbids it
 * (`MemoryDenyWriteExecute=yes`), and Node.js would end in the middle of a message.
 */
export async function allowsExecutableMemory(queueDirectory: string): Promise<boolean> {
  const words = ['show', '--property=MemoryDenyWriteExecute', '--value', unitOf(queueDirectory)]
  const { stdout, failed } = await execa('systemctl', words, { reject: false })
  return failed || stdout.trim() !== 'yes'
}

/**
 * What every Node.js calls when it starts, and no set of systemd's for ordinary services has (systemd-analyze syscall-filter).
 */
const CALL = 'pkey_alloc'

/**
 * The unit of the instance where systemd ends a process of it that makes a system call which the unit does not name, as every
 * Node.js does; undefined where Node.js runs. Debian 13 filters so (`SystemCallFilter=`). With `SystemCallErrorNumber=` the call
 * fails instead, and Node.js goes on without it.
 */
export async function unitThatKillsNode(queueDirectory: string): Promise<string | undefined> {
  const unit = unitOf(queueDirectory)
  const properties = ['SystemCallFilter', 'SystemCallErrorNumber'].map((name) => `--property=${name}`)
  const { stdout, failed } = await execa('systemctl', ['show', ...properties, unit], { reject: false })
  return !failed && killsNode(stdout) ? unit : undefined
}

/** MAX_ERRNO of Linux. */
const MOST_ERRORS = 4_096

/** Reads what `systemctl show` prints: the calls that are allowed, or behind `~` those that are not. */
export function killsNode(shown: string): boolean {
  const values = new Map(
    shown.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const [, not = '', list = ''] = /^(~?)(.*)$/.exec(values.get('SystemCallFilter') ?? '') ?? []
  if (list === '' && not === '') return false
  // An errno(3); anything else means the end of the process.
  const error = Number(values.get('SystemCallErrorNumber') ?? '')
  if (error > 0 && error < MOST_ERRORS) return false
  return list.split(' ').includes(CALL) === (not === '~')
}

/** The unit that master(8) runs in, where it runs (cgroups(7)). */
function unitOf(queueDirectory: string): string {
  try {
    const pid = Number(readFileSync(join(queueDirectory, 'pid/master.pid'), 'utf8'))
    const [, unit] = /\/([^/\n]+\.service)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? []
    if (unit !== undefined) return unit
  } catch {
    // It does not run.
  }
  return 'postfix.service'
}
