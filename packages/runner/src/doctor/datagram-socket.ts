/** Finds out whether a process reads from a datagram socket, such as that of the system log. */
import { readFileSync, statSync } from 'node:fs'

/** SOCK_DGRAM, as /proc/net/unix has it. */
const DATAGRAM = '0002'

/** Whether a process has bound this socket. /dev/log may be a link to the socket of the journal. */
export function hasReader(path: string): boolean {
  const target = statSync(path, { throwIfNoEntry: false })
  if (target?.isSocket() !== true) return false
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .some((line) => {
      const [, type, bound] = /^\S+ \S+ \S+ \S+ (\S+) \S+ +\d+ (\S.*)$/.exec(line) ?? []
      const stats = type === DATAGRAM && bound !== undefined ? statSync(bound, { throwIfNoEntry: false }) : undefined
      return stats !== undefined && stats.ino === target.ino && stats.dev === target.dev
    })
}
