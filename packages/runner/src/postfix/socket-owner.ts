/**
 * Finds the process that listens on a UNIX socket. It looks for the open socket, not for a process name, which any process may
 * have (proc(5), unix(7)). Only root can see the open files of other accounts.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { readProcessStat } from '../os/process-stat.js'

/** The flag __SO_ACCEPTCON, which a listening socket has. */
const LISTENS = '00010000'

/**
 * The process ID of the user's process that has the socket open and whose parent does not: a process that it has forked has the
 * socket open too. Undefined when no such process listens.
 */
export function socketOwner(path: string, user: number): number | undefined {
  const inode = listeningInode(path)
  if (inode === undefined) return undefined
  const holders = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && ownerOf(pid) === user && holds(pid, `socket:[${inode}]`))
  return holders.find((pid) => !holders.includes(readProcessStat(pid)?.parent ?? 0))
}

/**
 * The inode of the listening socket. The columns of /proc/net/unix are number, references, protocol, flags, type, state, inode,
 * path.
 */
function listeningInode(path: string): string | undefined {
  for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n')) {
    const [, flags, inode, bound] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.*)$/.exec(line) ?? []
    if (flags === LISTENS && bound === path) return inode
  }
  return undefined
}

/** Whether a process has a file open. `target` is what the links in /proc/PID/fd name. */
function holds(pid: number, target: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => linkOf(pid, descriptor) === target)
  } catch {
    return false
  }
}

/** The target of a link in /proc/PID/fd; undefined when the file was closed or the process ended meanwhile. */
function linkOf(pid: number, descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${descriptor}`)
  } catch {
    return undefined
  }
}

function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid
}
