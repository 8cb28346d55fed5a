/** Reads /proc/PID/stat, the state of a process (proc(5)). */
import { readFileSync } from 'node:fs'

export interface ProcessStat {
  /** The first 15 bytes of the name of its program. */
  readonly name: string
  readonly parent: number
  /** The flags PF_* of include/linux/sched.h in the Linux source. */
  readonly flags: number
  /** When it started, in clock ticks since the machine started. A later process with the same id has another time. */
  readonly started: string
}

/**
 * Undefined once the process has ended, even when its parent has not waited for it yet, and on systems without /proc. Where /proc hides
 * the processes of other accounts (`hidepid=` in proc(5)), undefined for those, too.
 */
export function readProcessStat(pid: number | 'self'): ProcessStat | undefined {
  const [, name, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readStat(pid)) ?? []
  // The fields from the third on. The name, which is the second, is in parentheses and may contain any character.
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
