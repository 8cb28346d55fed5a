/**
 * Whether pipe(8) is still there. When it is killed while it writes, the message ends early and nothing else tells: an
 * end-of-file is all there is, and half a message must not be delivered.
 */
import { CandyError } from '@candy/sdk'
import { type ProcessStat, readProcessStat } from '../os/process-stat.js'

/** Who adopts a process whose parent is gone. pipe(8) is never that. */
const INIT = 1

/** PF_EXITING of Linux' include/linux/sched.h: set before a dying process closes its files. */
const EXITING = 4

/**
 * `process` is the child of pipe(8): this process, or the shell that started it. Gives a check that throws once the parent
 * it has now is gone, or was gone before; also once that shell is. Without /proc (not Linux) the check passes.
 */
export function watchUpstream(process: number): () => void {
  const parent = readProcessStat(process)?.parent
  return () => {
    if (parent === undefined) return
    const child = readProcessStat(process)
    if (parent === INIT || child?.parent !== parent || !isAlive(child) || !isAlive(readProcessStat(parent))) {
      throw new CandyError('SPOOL', 'pipe(8) went away: the message may be incomplete, and will come again')
    }
  }
}

function isAlive(process: ProcessStat | undefined): boolean {
  return process !== undefined && (process.flags & EXITING) === 0
}
