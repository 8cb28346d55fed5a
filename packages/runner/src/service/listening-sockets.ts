/**
 * The sockets that mail comes in by. Whoever started the workers holds them, and so they outlive each of them: one refused
 * connection makes Postfix suspend the transport (minimal_backoff_time in postconf(5)), while one that waits does not.
 *
 * They are made here: bound, and left to the workers to accept from. A UNIX socket is for its owner and group alone. One
 * that a dead runner left behind is taken over; one that is answered is not. Or systemd has made them: see inherited.ts.
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

/** Read and write for owner and group. */
const UMASK = 0o117

/** Milliseconds that the workers of a runner that was killed may take to let go of its socket. */
const TIMEOUT = 5_000

export interface ListeningSocket {
  /** To be inherited by workers. */
  readonly descriptor: number
  /** Lets go of the socket; a UNIX socket's file goes too. */
  close(): void
}

/** Takes the sockets that systemd has for this process, and makes the others, in the order of the endpoints. Throws `CONFIG`. */
export async function listenAt(
  endpoints: readonly Endpoint[],
  env: NodeJS.ProcessEnv,
): Promise<readonly ListeningSocket[]> {
  const modes = endpoints.map(({ mode }) => mode)
  const inherited = assignInherited(readInherited(env), modes)
  const made: ListeningSocket[] = []
  try {
    for (const { mode, listen: address } of endpoints) {
      const descriptor = inherited.get(mode)
      made.push(descriptor === undefined ? await listen(address) : { descriptor, close: () => {} })
    }
  } catch (error) {
    for (const one of made) one.close()
    throw error
  }
  return made
}

/** Throws `CONFIG` when nobody can listen there. */
export async function listen(address: ServiceAddress): Promise<ListeningSocket> {
  return 'path' in address ? listenOnPath(address.path) : listenOnPort(address.host, address.port)
}

async function listenOnPath(path: string): Promise<ListeningSocket> {
  const end = Date.now() + TIMEOUT
  for (;;) {
    const socket = withUmask(UMASK, () => bindPath(path))
    if (typeof socket !== 'number') return { descriptor: socket.fd, close: () => socket.close() }
    if (getSystemErrorName(socket) !== 'EADDRINUSE') throw failure({ path }, socket)
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
      throw new CandyError('CONFIG', `unix:${path}: there is something that is no socket`)
    }
    if (await isListening(path)) {
      if (Date.now() > end) throw taken({ path })
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
  if (getSystemErrorName(errno) === 'EADDRINUSE') return taken(address)
  // libuv says EACCES of a missing directory.
  const why =
    'path' in address && !existsSync(dirname(address.path))
      ? 'its directory is missing; "candy enable" makes it, and waits for candy serve'
      : getSystemErrorName(errno)
  return new CandyError('CONFIG', `${printAddress(address)}: cannot listen there: ${why}`)
}

function taken(address: ServiceAddress): CandyError {
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
