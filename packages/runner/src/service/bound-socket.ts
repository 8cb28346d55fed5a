/**
 * A socket that is bound, and from which this process accepts no connection. Node.js has no documented way to make one: its own
 * cluster module uses `net._createServerHandle` (lib/net.js), which has been there since Node.js 0.8. So what it gives is looked
 * at before it is relied on, and a Node.js that is of no use is named in one sentence.
 */
import * as net from 'node:net'
import { CandyError } from '@candy/sdk'

export interface BoundSocket {
  /** To be inherited by the processes that accept. */
  readonly fd: number
  /** A port has it. Fills in the address. Gives an error number where the port cannot be bound, which libuv finds out only now. */
  getsockname?(address: object): number
  /** Removes the file of a UNIX socket, too. */
  close(): void
}

/** A path is bound with the port -1 and the type -1. */
export type SocketType = 4 | 6 | -1

/**
 * Gives the error number, which is negative, where the socket cannot be bound. `module` is node:net. Throws `CONFIG` where this
 * Node.js cannot make such a socket at all.
 */
export function bindSocket(
  address: string,
  port: number,
  type: SocketType,
  module: object = net,
): BoundSocket | number {
  const { _createServerHandle: create } = module as { readonly _createServerHandle?: unknown }
  if (typeof create !== 'function') throw unusable('it has no net._createServerHandle()')
  const bound = call(() => create(address, port, type))
  if (Number.isInteger(bound) && (bound as number) < 0) return bound as number
  if (!isBoundSocket(bound, type)) throw unusable('net._createServerHandle() gives something else than a socket')
  return bound
}

function call(create: () => unknown): unknown {
  try {
    return create()
  } catch (error) {
    throw unusable(`net._createServerHandle() fails: ${(error as Error).message}`)
  }
}

function isBoundSocket(value: unknown, type: SocketType): value is BoundSocket {
  const { fd, getsockname, close } = (value ?? {}) as Partial<Record<keyof BoundSocket, unknown>>
  const functions = type === -1 ? [close] : [getsockname, close]
  return Number.isInteger(fd) && (fd as number) >= 0 && functions.every((one) => typeof one === 'function')
}

function unusable(why: string): CandyError {
  return new CandyError(
    'CONFIG',
    `Node.js ${process.version} cannot make a socket that worker processes share (${why}): run candy serve with Node.js 20, 22 or 24, or have systemd make its sockets, as "candy enable" sets them up`,
  )
}
