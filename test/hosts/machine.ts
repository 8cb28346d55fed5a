/**
 * A Debian system that is booted: systemd is its first process, and it has a network of its own with nobody else in it
 * (systemd-nspawn(1)). Works beside a machine's own systemd and without one.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type CommandResult, tryCommand } from '../kit/command.js'
import { childrenOf, signal } from '../kit/processes.js'
import { until } from '../kit/waiting.js'
import { sayAtTheEnd } from './unavailable.js'

/** Milliseconds from power on until every unit has been started; about ten seconds on an idle machine. */
const BOOT = 120_000

/** With this status systemd-nspawn says that the system inside wants to be booted again. */
const REBOOT = 133

export interface Machine extends AsyncDisposable {
  /** Runs a command there as root; `input` is its standard input. Gives standard output. Throws unless it ends with `status`. */
  type(command: readonly string[], options?: { readonly input?: string; readonly status?: number }): Promise<string>
  /** Reboots the system, and waits until all units have started. */
  reboot(): Promise<void>
}

/** Boots the system in a directory, and waits until it has started all. `name` is what it is called when something goes wrong. */
export async function boot(directory: string, name: string): Promise<Machine> {
  let running = await start(directory, name)
  const run = (command: readonly string[], input = ''): Promise<CommandResult> => inside(running.init, command, input)
  return {
    type: async (command, { input, status = 0 } = {}) => {
      const result = await run(command, input)
      if (result.status === status) return result.stdout.toString()
      const { stdout, stderr } = await run(['journalctl', '--no-pager', '--lines=60', '--boot'])
      throw new Error(
        `${command.join(' ')}: status ${result.status}\n${result.stdout}${result.stderr}\n${stdout}${stderr}`,
      )
    },
    reboot: async () => {
      const ended = once(running.nspawn, 'exit')
      // The process may have ended before it has answered.
      await run(['systemctl', 'reboot'])
      const [status] = await ended
      if (status !== REBOOT) throw new Error(`the system did not reboot: systemd-nspawn ended with ${status}`)
      running = await start(directory, name)
    },
    [Symbol.asyncDispose]: async () => {
      if (running.nspawn.exitCode !== null) return
      const stubborn = setTimeout(() => cutOff(running.nspawn), 30_000)
      const ended = once(running.nspawn, 'exit')
      await run(['systemctl', 'poweroff', '--force'])
      await ended
      clearTimeout(stubborn)
    },
  }
}

interface Running {
  readonly nspawn: ChildProcess
  /** The process id of its systemd, as this machine sees it. */
  readonly init: number
}

/** A start that hangs may be the fault of a machine with too much to do, so it is tried once more. */
async function start(directory: string, name: string): Promise<Running> {
  try {
    return await powerOn(directory)
  } catch (error) {
    await sayAtTheEnd(`${name} did not start, and was started once more: ${(error as Error).message}`)
    return powerOn(directory)
  }
}

async function powerOn(directory: string): Promise<Running> {
  const options = ['--quiet', '--boot', '--private-network', '--register=no', '--keep-unit', '--console=read-only']
  const nspawn = spawn('systemd-nspawn', [...options, '--machine=mail', `--directory=${directory}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(nspawn, 'exit')
  let console = ''
  for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on('data', (chunk) => (console += chunk))
  let state = ''
  const started = async (): Promise<Running | undefined> => {
    if (nspawn.exitCode !== null) throw new Error(`systemd-nspawn ended with ${nspawn.exitCode}\n${console}`)
    const init = firstProcess(nspawn)
    if (init === undefined) return undefined
    const { stdout, stderr } = await inside(init, ['timeout', '20', 'systemctl', 'is-system-running'], '')
    state = `${stdout}${stderr}`
    return /^(?:running|degraded)$/m.test(state) ? { nspawn, init } : undefined
  }
  const explain = async (): Promise<string> => `systemctl is-system-running: ${state}\n${console.slice(-4_000)}`
  try {
    return await until('the end of the start', started, { milliseconds: BOOT, explain })
  } catch (error) {
    cutOff(nspawn)
    if (nspawn.exitCode === null) await ended
    throw error
  }
}

/** The child that is the first in its own namespace of processes. Another one makes that, and ends. */
export function firstProcess(nspawn: ChildProcess): number | undefined {
  return childrenOf(nspawn.pid ?? 0, '').find((pid) => {
    try {
      return /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    } catch {
      return false
    }
  })
}

/** Stops the system as a power failure would. Processes in it may survive the end of systemd-nspawn, but not that of their own init. */
export function cutOff(nspawn: ChildProcess): void {
  const init = firstProcess(nspawn)
  if (init !== undefined) signal(init, 'SIGKILL')
  nspawn.kill('SIGKILL')
}

export function inside(init: number, command: readonly string[], input: string): Promise<CommandResult> {
  const environment = [
    'env',
    '--ignore-environment',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/root',
  ]
  return tryCommand('nsenter', [`--target=${init}`, '--all', '--', ...environment, ...command], { input })
}
