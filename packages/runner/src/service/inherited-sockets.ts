/**
 * The sockets that systemd made and passes to the service when a connection starts it (sd_listen_fds(3), systemd.socket(5)). They
 * stay open when the service ends, and each has a name, which is the mode of the endpoint that it is for.
 */
import { CandyError } from '@candy/sdk'
import type { Mode } from '../postfix/mode.js'

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_DESCRIPTOR = 3

export interface Inherited {
  readonly descriptor: number
  /** `FileDescriptorName=` of the socket's unit. */
  readonly name: string
}

/** Reads which sockets systemd has passed. There are none when it has passed them to another process (LISTEN_PID). */
export function readInherited(env: NodeJS.ProcessEnv, pid: number = process.pid): readonly Inherited[] {
  const { LISTEN_FDS = '0', LISTEN_PID, LISTEN_FDNAMES = '' } = env
  if (Number(LISTEN_PID) !== pid) return []
  const names = LISTEN_FDNAMES.split(':')
  return Array.from({ length: Number(LISTEN_FDS) || 0 }, (_, n) => ({
    descriptor: FIRST_DESCRIPTOR + n,
    name: names[n] ?? '',
  }))
}

/**
 * Says which descriptor is for which endpoint. The name of a socket does not matter when there is one socket and one endpoint.
 * Throws `CONFIG` when a name is not that of an endpoint: candy would answer mail by the rules of the wrong mode.
 */
export function assignInherited(inherited: readonly Inherited[], modes: readonly Mode[]): ReadonlyMap<Mode, number> {
  const [only] = inherited
  const [mode] = modes
  if (inherited.length === 1 && modes.length === 1 && only !== undefined && mode !== undefined) {
    return new Map([[mode, only.descriptor]])
  }
  const assigned = new Map<Mode, number>()
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
