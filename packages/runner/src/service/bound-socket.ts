/**
 * A socket that is bound, and from which this process accepts no connection. Node.js has no documented way to make one: its own
 * cluster module uses `net._createServerHandle` (lib/net.js), which has been there since Node.js 0.8. So what it gives is looked
 * at before it is relied on, and a Node.js that is of no use is named in one sentence.
 */
import * as net from 'node:net'
import { CandyError } from '@candy/sdk'

const NO_SOCKET = 'net._createServerHandle() gives something else than a socket'

export interface BoundSocket {
  /** To be inherited by the processes that accept. */
  readonly fd: number
  /** libuv removes the file that it has made for a path. */
  close(): void
}

interface BoundPort extends BoundSocket {
  /** Fills in the address. Gives an error number where the port cannot be bound, which libuv finds out only now. */
  getsockname(address: object): number
}

/** Gives the error number, which is negative, where the path cannot be bound. Throws `CONFIG` where no path can be. */
export function bindPath(path: string, module: object = net): BoundSocket | number {
  const bound = create(module, path, -1, -1)
  if (isErrorNumber(bound) || isBoundSocket(bound)) return bound
  throw unusable(NO_SOCKET)
}

/** The same for a port. */
export function bindPort(address: string, family: 4 | 6, port: number, module: object = net): BoundSocket | number {
  const bound = create(module, address, port, family)
  if (isErrorNumber(bound)) return bound
  if (!isBoundSocket(bound) || !isBoundPort(bound)) throw unusable(NO_SOCKET)
  const error = bound.getsockname({})
  if (error === 0) return bound
  bound.close()
  return error
}

/** `module` is node:net. A path has the port -1 and the family -1. */
function create(module: object, address: string, port: number, family: 4 | 6 | -1): unknown {
  const { _createServerHandle: make } = module as { readonly _createServerHandle?: unknown }
  if (typeof make !== 'function') throw unusable('it has no net._createServerHandle()')
  try {
    return make(address, port, family)
  } catch (error) {
    throw unusable(`net._createServerHandle() fails: ${(error as Error).message}`)
  }
}

function isErrorNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value < 0
}

function isBoundSocket(value: unknown): value is BoundSocket {
  const { fd, close } = (value ?? {}) as Partial<BoundSocket>
  return fd !== undefined && Number.isInteger(fd) && fd >= 0 && typeof close === 'function'
}

function isBoundPort(socket: BoundSocket): socket is BoundPort {
  return typeof (socket as Partial<BoundPort>).getsockname === 'function'
}

function unusable(why: string): CandyError {
  return new CandyError(
    'CONFIG',
    `Node.js ${process.version} cannot make a socket that worker processes share (${why}): run candy serve with Node.js 20, 22 or 24, or have systemd make its sockets, as "candy enable" sets them up`,
  )
}
