/**
 * Sockets that systemd made, and passes to the service that they wake (sd_listen_fds(3), systemd.socket(5)). They outlive the
 * service itself, and each has a name, which says what endpoint it is for.
 */
import { CandyError } from '@candy/sdk'
import type { SmtpMode } from '../postfix/mode.js'

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST = 3

export interface Inherited {
  readonly descriptor: number
  /** `FileDescriptorName=` of the socket's unit. */
  readonly name: string
}

/** The sockets that systemd passed, where it passed them to this very process. */
export function readInherited(env: NodeJS.ProcessEnv, pid: number = process.pid): readonly Inherited[] {
  const { LISTEN_FDS = '0', LISTEN_PID, LISTEN_FDNAMES = '' } = env
  if (Number(LISTEN_PID) !== pid) return []
  const names = LISTEN_FDNAMES.split(':')
  return Array.from({ length: Number(LISTEN_FDS) || 0 }, (_, n) => ({ descriptor: FIRST + n, name: names[n] ?? '' }))
}

/**
 * Which descriptor is for which endpoint. Where there is one socket for one endpoint its name is of no account. Throws `CONFIG` when
 * a name doesn't say what the socket is for: mail would be answered by the wrong rules.
 */
export function assignInherited(
  inherited: readonly Inherited[],
  modes: readonly SmtpMode[],
): ReadonlyMap<SmtpMode, number> {
  const [only] = inherited
  const [mode] = modes
  if (inherited.length === 1 && modes.length === 1 && only !== undefined && mode !== undefined) {
    return new Map([[mode, only.descriptor]])
  }
  const assigned = new Map<SmtpMode, number>()
  for (const { descriptor, name } of inherited) {
    const found = modes.find((one) => one === name)
    if (found === undefined || assigned.has(found)) {
      const names = modes.map((one) => `"${one}"`).join(' and ')
      throw new CandyError('CONFIG', `systemd passed a socket named "${name}": FileDescriptorName= must be ${names}`)
    }
    assigned.set(found, descriptor)
  }
  return assigned
}
