/**
 * Checks what keeps a clamd of this machine working, and what clamd itself does not tell: that freshclam runs, which brings new
 * signatures, and that there is memory for a reload of them. By default clamd loads the new signatures beside the old ones, which
 * takes as much memory again, and the kernel may end clamd for it (ConcurrentDatabaseReload in clamd.conf(5)).
 */
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceAddress } from '@candy/sdk/values'
import { configurationOf, isLocal } from './clamd/configuration.js'

/** Where the system tells of its services, its processes and its memory. */
export interface SystemFiles {
  /** The link that systemd has while freshclam is started with the machine. */
  readonly freshclam: string
  /** A link to /dev/null where the operator has masked freshclam (systemctl(1)). */
  readonly mask: string
  /** The directory of proc(5). */
  readonly proc: string
  readonly meminfo: string
}

const SYSTEM: SystemFiles = {
  freshclam: '/etc/systemd/system/multi-user.target.wants/clamav-freshclam.service',
  mask: '/etc/systemd/system/clamav-freshclam.service',
  proc: '/proc',
  meminfo: '/proc/meminfo',
}

const KIBIBYTE = 1_024
const MEBIBYTE = 1_048_576

/** What is wrong, each with what to type. None for a clamd on another host. */
export async function upkeepProblems(
  address: ServiceAddress,
  system: SystemFiles = SYSTEM,
): Promise<readonly string[]> {
  if (!isLocal(address)) return []
  const problems = [await freshclamProblem(system), await memoryProblem(address, system)]
  return problems.filter((problem) => problem !== undefined)
}

/**
 * Undefined where freshclam is not started with the machine: then something else brings signatures, and their age tells. Undefined,
 * too, where processes of other accounts cannot be seen.
 */
async function freshclamProblem({ freshclam, mask, proc }: SystemFiles): Promise<string | undefined> {
  if ((await stat(freshclam).catch(() => undefined)) === undefined) return undefined
  if ((await readlink(mask).catch(() => '')) === '/dev/null') return undefined
  if (!(await seesOthers(proc)) || (await processesNamed('freshclam', proc)).length > 0) return undefined
  return 'freshclam does not run, so no new signatures come: systemctl restart clamav-freshclam'
}

async function memoryProblem(address: ServiceAddress, { proc, meminfo }: SystemFiles): Promise<string | undefined> {
  const daemons = await Promise.all((await processesNamed('clamd', proc)).map((pid) => describe(pid, proc)))
  const largest = daemons.toSorted((a, b) => b.memory - a.memory)[0]
  if (largest === undefined) return undefined
  const path = largest.configuration ?? configurationOf(address)
  const configuration = await readFile(path, 'utf8').catch(() => '')
  if (/^\s*ConcurrentDatabaseReload\s+(?:no|false|0)\b/im.test(configuration)) return undefined
  const text = await readFile(meminfo, 'utf8').catch(() => '')
  const free = kibibytes(text, 'MemAvailable') + kibibytes(text, 'SwapFree')
  if (text === '' || free * KIBIBYTE > largest.memory) return undefined
  return (
    `clamd needs ${megabytes(largest.memory)} more while it reloads its signatures, and ${megabytes(free * KIBIBYTE)} are free: ` +
    `set ConcurrentDatabaseReload no in ${path} (mail then waits during a reload), then systemctl restart clamav-daemon`
  )
}

interface Daemon {
  /** Bytes in memory. */
  readonly memory: number
  /** The file that its command line names. */
  readonly configuration: string | undefined
}

async function describe(pid: string, proc: string): Promise<Daemon> {
  const [status, words] = await Promise.all([
    readFile(join(proc, pid, 'status'), 'utf8').catch(() => ''),
    readFile(join(proc, pid, 'cmdline'), 'utf8').catch(() => ''),
  ])
  return { memory: kibibytes(status, 'VmRSS') * KIBIBYTE, configuration: /--config-file=([^\0]+)/.exec(words)?.[1] }
}

/** False under `ProtectProc=invisible` (systemd.exec(5)), which candy.service has: there an account sees its own processes only. */
async function seesOthers(proc: string): Promise<boolean> {
  return (await stat(join(proc, '1')).catch(() => undefined)) !== undefined
}

async function processesNamed(name: string, proc: string): Promise<readonly string[]> {
  const pids = (await readdir(proc).catch(() => [])).filter((entry) => /^\d+$/.test(entry))
  const names = await Promise.all(pids.map((pid) => readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '')))
  return pids.filter((_, index) => names[index]?.trim() === name)
}

/** The number behind a name, as proc(5) prints it: `VmRSS:   1234 kB`. */
function kibibytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0)
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE)} MiB`
}
