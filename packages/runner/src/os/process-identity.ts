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

/** Whether the process has certainly ended. Without /proc (not Linux) nobody is known to be dead, nor is one of another namespace. */
export async function isDead({ pid, started, namespace: home }: ProcessIdentity): Promise<boolean> {
  if (home !== (await namespace())) return false
  return readProcessStat(pid)?.started !== started
}

async function namespace(): Promise<string | undefined> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '')
  return /\d+/.exec(link)?.[0]
}
