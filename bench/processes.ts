/** What processes cost, as the kernel counts it (proc(5)). */
import { readFileSync } from 'node:fs'

/** Milliseconds of processor time of a process, all its threads together. */
export interface ProcessorTime {
  readonly user: number
  readonly system: number
}

/** One tick of /proc/PID/stat: USER_HZ is 100 on every Linux that matters. */
const TICK = 10

/** These processes and all that they have started, directly or not. */
export function family(pids: readonly number[]): readonly number[] {
  return pids.flatMap((pid) => [pid, ...family(childrenOf(pid))])
}

/** What the processes have used since they started, and those that they have started and outlived. */
export function processorTime(pids: readonly number[]): ProcessorTime {
  const times = pids.map((pid) => {
    // Fields 14 to 17, counted after the name in parentheses, which may hold anything.
    const stat = read(`/proc/${pid}/stat`)
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [user = 0, system = 0, theirUser = 0, theirSystem = 0] = fields.slice(11, 15).map(Number)
    return { user: (user + theirUser) * TICK, system: (system + theirSystem) * TICK }
  })
  return times.reduce((sum, time) => ({ user: sum.user + time.user, system: sum.system + time.system }), {
    user: 0,
    system: 0,
  })
}

/** Bytes of memory, where what several processes share counts once in all (Pss in smaps_rollup, proc_pid_smaps(5)). */
export function proportionalSetSize(pids: readonly number[]): number {
  const sizes = pids.map((pid) => Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0))
  return sizes.reduce((sum, size) => sum + size, 0) * 1024
}

/** proc_pid_task_tid_children(5); only a main thread has started processes here. */
function childrenOf(pid: number): readonly number[] {
  const listed = read(`/proc/${pid}/task/${pid}/children`).trim()
  return listed === '' ? [] : listed.split(' ').map(Number)
}

/** Nothing, where the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
