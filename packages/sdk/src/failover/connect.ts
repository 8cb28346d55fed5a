/** Connecting to a server, and telling a server that is starting from one that is not there. */
import { once } from 'node:events'
import { Socket } from 'node:net'
import type { ServiceAddress } from '../values/address.js'

/** Milliseconds after which a host that drops packets counts as unreachable, so that there is time to ask another one. */
const CONNECT_TIMEOUT = 5_000

/**
 * Error codes of connecting that may be gone a few seconds later. A server that is starting has not made its socket yet (ENOENT), has
 * not set the mode of its socket yet (EACCES) or does not listen yet (ECONNREFUSED); the queue of connections that a server has not
 * accepted is full (EAGAIN, on UNIX sockets); this host has no network or no name server yet (ENETUNREACH, EHOSTUNREACH, EAI_AGAIN).
 */
const STARTING: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EAGAIN',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])

export interface ConnectOptions<S extends Socket = Socket> {
  /** Ends the attempt to connect. It does nothing to a socket that is connected. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that connecting may take; 5 seconds when absent. */
  readonly timeout?: number
  /** A socket that has not been connected yet; a plain one when absent. */
  readonly socket?: S
}

/**
 * Connects, and returns the socket, which sends without Nagle's delay. The caller destroys it. Throws the error of Node.js, an error with
 * the code `ETIMEDOUT`, or the signal's reason.
 */
export async function connect<S extends Socket = Socket>(
  address: ServiceAddress,
  options: ConnectOptions<S> = {},
): Promise<S> {
  const { signal, timeout = CONNECT_TIMEOUT, socket = new Socket() as S } = options
  signal?.throwIfAborted()
  const abort = (): unknown => socket.destroy(new Error('aborted'))
  signal?.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(() => socket.destroy(timedOut(timeout)), timeout)
  try {
    socket.connect({ ...address })
    await once(socket, 'connect')
  } catch (error) {
    socket.destroy()
    signal?.throwIfAborted()
    throw describeAttempts(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
  return socket.setNoDelay(true)
}

/** Whether the error, or one that caused it, is one with which connecting to a server fails while the server is starting. */
export function isStarting(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && STARTING.has(error.code)) || isStarting(error.cause)
}

function timedOut(timeout: number): Error {
  return Object.assign(new Error(`no connection within ${timeout} ms`), { code: 'ETIMEDOUT' })
}

/** A host with several addresses gives an AggregateError without a message (`autoSelectFamily` of Node.js). */
function describeAttempts(error: unknown): unknown {
  if (error instanceof AggregateError && error.message === '') {
    error.message = error.errors.map((each: Error) => each.message).join(', ')
  }
  return error
}
