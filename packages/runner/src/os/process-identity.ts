/**
 * Names a process so that others can tell later whether it is dead: its number, when it started, and the namespace in which the number
 * is its own (pid_namespaces(7)).
 */
import { readlink } from 'node:fs/promises'
import { readProcessStat } from './process-stat.js'

export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since the machine started; `0` without /proc. */
  readonly started: string
  /** `0` without /proc. */
  readonly namespace: string
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, started: readProcessStat('self')?.started ?? '0', namespace: (await namespace()) ?? '0' }
}

/**
 * Whether the process has certainly ended. Without /proc (not Linux) nobody is known to be dead, nor is one of another namespace, nor one
 * whose number another account has in use, where /proc hides that (`hidepid=` in proc(5)).
 */
export async function isDead({ pid, started, namespace: home }: ProcessIdentity): Promise<boolean> {
  if (home !== (await namespace())) return false
  const stat = readProcessStat(pid)
  return stat === undefined ? !isHidden(pid) : stat.started !== started
}

/** Whether another account has a process with this number, though /proc does not show it (kill(2)). */
function isHidden(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function namespace(): Promise<string | undefined> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '')
  return /\d+/.exec(link)?.[0]
}
