/**
 * A Debian system that is booted: systemd is its first process, and it has a network of its own with nobody else in it
 * (systemd-nspawn(1)). Works beside a machine's own systemd and without one.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type CommandResult, tryCommand } from '../ground/command.js'
import { until } from '../ground/patience.js'
import { childrenOf } from '../ground/processes.js'

/** Milliseconds from power on until every unit has been started. */
const BOOT = 240_000

/** With this status systemd-nspawn says that the system inside wants to be booted again. */
const REBOOT = 133

export interface Machine extends AsyncDisposable {
  /** Runs a command there as root; `input` is its standard input. Gives standard output. Throws unless it ends with `status`. */
  type(command: readonly string[], options?: { readonly input?: string; readonly status?: number }): Promise<string>
  /** Boots it anew, and waits until it has started all. */
  reboot(): Promise<void>
}

/** Boots the system in a directory, and waits until it has started all. */
export async function boot(directory: string): Promise<Machine> {
  let running = await powerOn(directory)
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
      // It may be gone before it has answered.
      await run(['systemctl', 'reboot'])
      const [status] = await ended
      if (status !== REBOOT) throw new Error(`the system did not reboot: systemd-nspawn ended with ${status}`)
      running = await powerOn(directory)
    },
    [Symbol.asyncDispose]: async () => {
      if (running.nspawn.exitCode !== null) return
      const ended = once(running.nspawn, 'exit')
      // systemd-nspawn(1): three times at once ends it without ceremony.
      const stubborn = setTimeout(() => running.nspawn.kill('SIGKILL'), 30_000)
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

async function powerOn(directory: string): Promise<Running> {
  const options = ['--quiet', '--boot', '--private-network', '--register=no', '--keep-unit', '--console=read-only']
  const nspawn = spawn('systemd-nspawn', [...options, '--machine=mail', `--directory=${directory}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let console = ''
  for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on('data', (chunk) => (console += chunk))
  const explain = async (): Promise<string> => console.slice(-4_000)
  const init = await until('the first process', () => childrenOf(nspawn.pid ?? 0, '')[0], { explain })
  const state = async (): Promise<string> => {
    const { stdout } = await inside(init, ['systemctl', 'is-system-running'], '')
    return stdout.toString().trim()
  }
  const started = async (): Promise<boolean> => /^(?:running|degraded)$/.test(await state())
  await until('the end of the start', started, { milliseconds: BOOT, explain })
  return { nspawn, init }
}

function inside(init: number, command: readonly string[], input: string): Promise<CommandResult> {
  const environment = [
    'env',
    '--ignore-environment',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/root',
  ]
  return tryCommand('nsenter', [`--target=${init}`, '--all', '--', ...environment, ...command], { input })
}
