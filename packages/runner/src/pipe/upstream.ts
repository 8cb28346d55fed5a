/**
 * Whether pipe(8) is still there. When it is killed while it writes, the message ends early and nothing else tells: an
 * end-of-file is all there is, and half a message must not be delivered.
 */
import { readFile } from 'node:fs/promises'
import { CandyError } from '@candy/sdk'

/** Who adopts a process whose parent is gone. pipe(8) is never that. */
const INIT = 1

/** PF_EXITING of Linux' include/linux/sched.h: set before a dying process closes its files. */
const EXITING = 4

/**
 * `process` is the child of pipe(8): this process, or the shell that started it. Gives a check that throws once the parent
 * it has now is gone, or was gone before; also once that shell is. Without /proc (not Linux) the check passes.
 */
export async function watchUpstream(process: number): Promise<() => Promise<void>> {
  const parent = (await readStat(process))?.parent
  return async () => {
    if (parent === undefined) return
    const [child, upstream] = await Promise.all([readStat(process), readStat(parent)])
    if (parent === INIT || child?.parent !== parent || !isAlive(child) || !isAlive(upstream)) {
      throw new CandyError('SPOOL', 'pipe(8) went away: the message may be incomplete, and will come again')
    }
  }
}

/** A process that was killed and not yet waited for still has an entry. */
function isAlive(stat: Stat | undefined): boolean {
  return stat !== undefined && (stat.flags & EXITING) === 0
}

interface Stat {
  readonly parent: number
  readonly flags: number
}

/** Fields 4 and 9 of /proc/PID/stat (proc(5)); the second field is in parentheses and may hold anything. */
async function readStat(process: number): Promise<Stat | undefined> {
  try {
    const stat = await readFile(`/proc/${process}/stat`, 'latin1')
    const [, parent, , , , , flags] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(parent), flags: Number(flags) }
  } catch {
    return undefined
  }
}
