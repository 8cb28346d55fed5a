/** Processes of this machine, as the tests look for those that they have started. */
import { execFileSync } from 'node:child_process'

/** Children of a process whose command line has this text in it. */
export function childrenOf(pid: number, text: string): number[] {
  try {
    const printed = execFileSync('pgrep', ['-P', String(pid), '-f', '--', text], { encoding: 'utf8' })
    return printed.trim().split('\n').map(Number)
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
