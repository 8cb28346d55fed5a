/** Processes of this machine, as the tests look for those that they have started. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Children of a process whose command line has this text in it. */
export function childrenOf(pid: number, text: string): number[] {
  try {
    const printed = execFileSync('pgrep', ['-P', String(pid), '-f', '--', text], { encoding: 'utf8' })
    return printed.trim().split('\n').map(Number)
  } catch {
    return []
  }
}

/** All children of a process; none when it is gone. Starts no process, so it also sees those that live for milliseconds. */
export function childrenNow(pid: number): number[] {
  try {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
    return listed === '' ? [] : listed.split(' ').map(Number)
  } catch {
    return []
  }
}

/** Sends a signal; a process that is gone already hears nothing. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
