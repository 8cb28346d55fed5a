/** A real daemon as a child of the test: started, waited for until it answers, stopped with everything it forked. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export interface DaemonOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Whether it answers now. Asked again and again, also when it throws. */
  readonly ready: () => Promise<boolean>
  /** Milliseconds that it may take to answer. */
  readonly TIME_LIMIT?: number
}

export interface Daemon {
  readonly pid: number
  /** All it has printed so far. */
  output(): string
  /** Sends a signal to the daemon and what it forked. */
  kill(signal: NodeJS.Signals): void
  /** Ends it; may be called again. */
  stop(): Promise<void>
}

/** Starts a daemon that stays in the foreground. Throws, with what it printed, when it ends or stays silent. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const child = spawn(options.command, [...options.args], {
    detached: true,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const keep = (chunk: Buffer): void => {
    printed += chunk.toString('latin1')
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  await once(child, 'spawn')
  const daemon: Daemon = {
    pid: child.pid ?? 0,
    output: () => printed,
    kill: (signal) => signalGroup(child, signal),
    stop: () => stop(child),
  }
  const end = Date.now() + (options.TIME_LIMIT ?? 60_000)
  while (!(await options.ready().catch(() => false))) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > end) {
      const how = child.signalCode ?? child.exitCode ?? 'still running'
      await daemon.stop()
      throw new Error(`${options.command} does not answer (${how}):\n${printed}`)
    }
    await sleep(25)
  }
  return daemon
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  signalGroup(child, 'SIGTERM')
  const stubborn = setTimeout(() => signalGroup(child, 'SIGKILL'), 5_000)
  await ended
  clearTimeout(stubborn)
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
