/**
 * The process that serves a UNIX socket: found by the socket that it holds, and not by a name that anybody may have
 * (proc(5), unix(7)). Root alone sees what other accounts hold.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { readProcessStat } from '../os/process-stat.js'

/** __SO_ACCEPTCON: somebody listens. */
const LISTENS = '00010000'

/**
 * The first of the processes that hold the socket and run as this user: those that it has forked hold it too. Undefined when
 * nobody serves the socket.
 */
export function socketOwner(path: string, user: number): number | undefined {
  const node = listeningNode(path)
  if (node === undefined) return undefined
  const holders = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && ownerOf(pid) === user && holds(pid, `socket:[${node}]`))
  return holders.find((pid) => !holders.includes(readProcessStat(pid)?.parent ?? 0))
}

/** The columns of /proc/net/unix: number, references, protocol, flags, type, state, node, path. */
function listeningNode(path: string): string | undefined {
  for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n')) {
    const [, flags, node, bound] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.*)$/.exec(line) ?? []
    if (flags === LISTENS && bound === path) return node
  }
  return undefined
}

function holds(pid: number, target: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => linkOf(pid, descriptor) === target)
  } catch {
    return false
  }
}

/** It may be closed by now, and the process gone. */
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
