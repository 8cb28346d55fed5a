/** A connection to a spamd, over a UNIX socket or TCP. spamd serves one request on each and closes it. */
import { connect as open, type Socket } from 'node:net'
import type { ServiceAddress } from '@candy/sdk/values'
import { SpamdFault } from './fault.js'

/** Milliseconds until a host that drops packets counts as unreachable, so that the next address has its turn. */
const PATIENCE = 5_000

/** What connect(2) says while a spamd starts (no socket yet, not listening yet) or its backlog is full for a moment. */
const PASSING: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED', 'EAGAIN'])

/**
 * Connects. The socket is the caller's to destroy; an abort of the signal, also later, destroys it with the signal's reason.
 * Throws `unreachable`, or the signal's reason.
 */
export function connect(address: ServiceAddress, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  const socket = open('path' in address ? address : { ...address, noDelay: true })
  const abort = (): unknown => socket.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', abort))
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${PATIENCE} ms`)), PATIENCE)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      reject(signal.aborted ? signal.reason : refusal(error))
    })
  })
}

function refusal(error: NodeJS.ErrnoException): SpamdFault {
  const passing = PASSING.has(error.code)
  return new SpamdFault('unreachable', error.message, { cause: error, passing })
}
