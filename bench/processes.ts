/** What processes cost, as the kernel counts it (proc(5)). */
import { readFileSync } from 'node:fs'

/** Milliseconds of processor time of a process, all its threads together. */
export interface ProcessorTime {
  readonly user: number
  readonly system: number
}

/** One tick of /proc/PID/stat: USER_HZ is 100 on every Linux that matters. */
const TICK = 10

/** What the processes, which must all be there, have used since they started. */
export function processorTime(pids: readonly number[]): ProcessorTime {
  const times = pids.map((pid) => {
    // Fields 14 and 15, counted after the name in parentheses, which may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { user: Number(fields[11]) * TICK, system: Number(fields[12]) * TICK }
  })
  return times.reduce((sum, time) => ({ user: sum.user + time.user, system: sum.system + time.system }), {
    user: 0,
    system: 0,
  })
}

/** The processes that a process has started and not yet outlived (proc_pid_task_tid_children in proc(5)). */
export function childrenOf(pid: number): readonly number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
  return listed === '' ? [] : listed.split(' ').map(Number)
}
