/**
 * The sockets that mail comes in by. The supervisor holds them, so they stay open when a worker ends, and connections wait. That
 * matters, since one refused connection makes Postfix suspend the transport (minimal_backoff_time in postconf(5)), and one that
 * waits does not.
 *
 * The supervisor binds the sockets, and its workers accept from them. Only the owner and the group of a UNIX socket may connect. The
 * file of a socket that a dead runner left behind is removed; a socket on which a process still listens is not. Where systemd has
 * made the sockets, they are inherited (inherited-sockets.ts).
 */
import { lookup } from 'node:dns/promises'
import { existsSync, lstatSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getSystemErrorName } from 'node:util'
import { CandyError } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { isListening } from '../os/unix-socket.js'
import { bindPath, bindPort } from './bound-socket.js'
import type { Endpoint } from './endpoints.js'
import { assignInherited, readInherited } from './inherited-sockets.js'

/** Leaves the right to read and write to the owner and the group. */
const UMASK = 0o117

/** Milliseconds to wait for the workers of a runner that was killed: they end a moment later, and listen until then. */
const TIMEOUT = 5_000

export interface ListeningSocket {
  /** The descriptor that workers inherit. */
  readonly descriptor: number
  /** Closes the socket and removes the file of a UNIX socket. Does nothing to a socket that systemd has made. */
  close(): void
}

/** Returns a socket for each endpoint, in their order: the one that systemd has passed, or else a new one. Throws `CONFIG`. */
export async function listenAt(
  endpoints: readonly Endpoint[],
  env: NodeJS.ProcessEnv,
): Promise<readonly ListeningSocket[]> {
  const modes = endpoints.map(({ mode }) => mode)
  const inherited = assignInherited(readInherited(env), modes)
  const sockets: ListeningSocket[] = []
  try {
    for (const { mode, listen: address } of endpoints) {
      const descriptor = inherited.get(mode)
      sockets.push(descriptor === undefined ? await listen(address) : { descriptor, close: () => {} })
    }
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
  return sockets
}

/** Binds a socket to the address. Throws `CONFIG` when that is not possible. */
export async function listen(address: ServiceAddress): Promise<ListeningSocket> {
  return 'path' in address ? listenOnPath(address.path) : listenOnPort(address.host, address.port)
}

async function listenOnPath(path: string): Promise<ListeningSocket> {
  const deadline = Date.now() + TIMEOUT
  for (;;) {
    const socket = withUmask(UMASK, () => bindPath(path))
    if (typeof socket !== 'number') return { descriptor: socket.fd, close: () => socket.close() }
    if (getSystemErrorName(socket) !== 'EADDRINUSE') throw failure({ path }, socket)
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
      throw new CandyError('CONFIG', `unix:${path}: there is something that is no socket`)
    }
    if (await isListening(path)) {
      if (Date.now() > deadline) throw addressInUse({ path })
      await sleep(100)
    } else unlinkSync(path)
  }
}

async function listenOnPort(host: string, port: number): Promise<ListeningSocket> {
  const { address, family } = await lookup(host).catch((error: Error) => {
    throw new CandyError('CONFIG', `${host}: ${error.message}`)
  })
  const socket = bindPort(address, family === 6 ? 6 : 4, port)
  if (typeof socket === 'number') throw failure({ host, port }, socket)
  return { descriptor: socket.fd, close: () => socket.close() }
}

function failure(address: ServiceAddress, errno: number): CandyError {
  if (getSystemErrorName(errno) === 'EADDRINUSE') return addressInUse(address)
  // For a path in a missing directory libuv reports EACCES, which would mislead.
  const why =
    'path' in address && !existsSync(dirname(address.path))
      ? 'its directory is missing; "candy enable" makes it, and waits for candy serve'
      : getSystemErrorName(errno)
  return new CandyError('CONFIG', `${printAddress(address)}: cannot listen there: ${why}`)
}

function addressInUse(address: ServiceAddress): CandyError {
  const command = 'path' in address ? 'ss -lxp' : 'ss -ltnp'
  return new CandyError(
    'CONFIG',
    `${printAddress(address)}: cannot listen there: somebody does already (a candy serve that was told to end, and has mail under way?); as root, ${command} shows who`,
  )
}

function withUmask<T>(mask: number, act: () => T): T {
  const before = process.umask(mask)
  try {
    return act()
  } finally {
    process.umask(before)
  }
}
