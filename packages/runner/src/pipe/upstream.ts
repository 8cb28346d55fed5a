/**
 * Whether pipe(8) is still running. When it is killed while it writes, all that can be seen on standard input is an end-of-file,
 * and half a message must not be delivered.
 */
import { CandyError } from '@candy/sdk'
import { type ProcessStat, readProcessStat } from '../os/process-stat.js'

/** The parent of a process whose own parent has ended. pipe(8) never has this number. */
const INIT = 1

/** PF_EXITING of Linux' include/linux/sched.h: set before a dying process closes its files. */
const EXITING = 4

/**
 * `process` is the child of pipe(8): this process, or the shell that started it. Returns a check, which throws when that child's
 * parent has ended, and when the shell has, also when that was before this call. Without /proc (not Linux) the check passes.
 *
 * Where /proc hides the processes of other accounts (`hidepid=` in proc(5)), only the child's parent number tells that pipe(8) has
 * ended. It changes a moment after the end-of-file, so the check has to be made again before the message is handed over.
 */
export function watchUpstream(process: number): () => void {
  if (readProcessStat('self') === undefined) return () => {}
  const parent = readProcessStat(process)?.parent
  return () => {
    // It is read before the child: one that has ended by then is not the child's parent any more.
    const pipe = parent === undefined ? undefined : readProcessStat(parent)
    const child = readProcessStat(process)
    if (
      parent === undefined ||
      parent === INIT ||
      child?.parent !== parent ||
      isExiting(child) ||
      (pipe !== undefined && isExiting(pipe))
    ) {
      throw new CandyError('SPOOL', 'pipe(8) went away: the message may be incomplete, and will come again')
    }
  }
}

function isExiting({ flags }: ProcessStat): boolean {
  return (flags & EXITING) !== 0
}
