/** What the kernel says of a process in /proc/PID/stat (proc(5)). */
import { readFileSync } from 'node:fs'

export interface ProcessStat {
  /** The name of its program, at most 15 bytes of it. */
  readonly name: string
  readonly parent: number
  /** PF_* of Linux' include/linux/sched.h. */
  readonly flags: number
  /** In clock ticks since the machine started: tells it from a later process with the same number. */
  readonly started: string
}

/** Undefined once the process has ended, also where its parent has not waited for it yet, and without /proc (not Linux). */
export function readProcessStat(pid: number | 'self'): ProcessStat | undefined {
  const [, name, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readStat(pid)) ?? []
  // Field 3 and those behind it: the name before them is in parentheses and may hold anything.
  const fields = rest.trim().split(' ')
  const [state, parent, , , , , flags] = fields
  const started = fields[22 - 3]
  if (name === undefined || started === undefined || state === 'Z' || state === 'X') return undefined
  return { name, parent: Number(parent), flags: Number(flags), started }
}

function readStat(pid: number | 'self'): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return ''
  }
}
