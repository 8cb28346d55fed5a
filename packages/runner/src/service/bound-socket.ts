/**
 * Makes sockets that are bound, and from which this process accepts no connection. Node.js has no documented function for it: its own
 * cluster module uses `net._createServerHandle` (lib/net.js), which has been there since Node.js 0.8. Since a later version may
 * change it, its result is checked before it is used, and a Node.js without a usable one is reported in one sentence.
 */
import * as net from 'node:net'
import { CandyError } from '@candy/sdk'

const NO_SOCKET = 'net._createServerHandle() gives something else than a socket'

export interface BoundSocket {
  /** The descriptor that the processes which accept connections inherit. */
  readonly fd: number
  /** Closes the socket; libuv also removes the file of a UNIX socket that it has made. */
  close(): void
}

interface BoundPort extends BoundSocket {
  /** Fills in the address. Returns an error number when the port could not be bound, which libuv reports only here. */
  getsockname(address: object): number
}

/** Binds a UNIX socket. Returns the negative error number when this path cannot be bound. Throws `CONFIG` when this Node.js can bind none. */
export function bindPath(path: string, module: object = net): BoundSocket | number {
  const bound = create(module, path, -1, -1)
  if (isErrorNumber(bound) || isBoundSocket(bound)) return bound
  throw unusable(NO_SOCKET)
}

/** Binds a TCP port, and returns and throws as `bindPath` does. */
export function bindPort(address: string, family: 4 | 6, port: number, module: object = net): BoundSocket | number {
  const bound = create(module, address, port, family)
  if (isErrorNumber(bound)) return bound
  if (!isBoundSocket(bound) || !isBoundPort(bound)) throw unusable(NO_SOCKET)
  const error = bound.getsockname({})
  if (error === 0) return bound
  bound.close()
  return error
}

/** Calls the undocumented function of `module`, which is node:net. A path is passed with the port -1 and the family -1. */
function create(module: object, address: string, port: number, family: 4 | 6 | -1): unknown {
  const { _createServerHandle: createHandle } = module as { readonly _createServerHandle?: unknown }
  if (typeof createHandle !== 'function') throw unusable('it has no net._createServerHandle()')
  try {
    return createHandle(address, port, family)
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
