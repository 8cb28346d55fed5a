/**
 * One request and its reply on a connection of their own.
 *
 * The reply is read while the request is still being sent, because spamd may refuse early and close. Sending waits for
 * the socket, so that a message never piles up in memory, and shuts down our side at its end (spamd/PROTOCOL).
 */
import type { Socket } from 'node:net'
import { connect } from '@candy/sdk/failover'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { SpamdFault } from './fault.js'
import { type Reply, type ReplyEnd, ReplyReader } from './reply.js'
import { firstBytes, printHead, type Request } from './request.js'

/** How a command's reply is read: after which part it is whole, and what it means. */
export interface Reading<T> {
  readonly end: ReplyEnd
  /** Throws a `SpamdFault` for what makes no sense. */
  parse(reply: Reply): T
}

/**
 * Asks the spamd at this address. The connection is closed on every path. Throws a `SpamdFault` that names the address,
 * the signal's reason, or what reading the message throws.
 */
export async function exchange<T>(
  address: ServiceAddress,
  request: Request,
  reading: Reading<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await converse(address, request, reading, signal)
  } catch (error) {
    if (!(error instanceof SpamdFault)) throw error
    throw new SpamdFault(error.kind, `${printAddress(address)}: ${error.message}`, { cause: error.cause })
  }
}

async function converse<T>(
  address: ServiceAddress,
  request: Request,
  reading: Reading<T>,
  signal: AbortSignal,
): Promise<T> {
  const socket = await open(address, signal)
  const abort = (): unknown => socket.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    const progress = { unsent: request.body?.length ?? 0 }
    const received = receive(socket, reading.end, signal)
    const sent = send(socket, request, progress)
    const reply = await Promise.race([received, sent.then(() => received)])
    if (progress.unsent > 0) throw new SpamdFault('protocol', 'answered before it had the whole message')
    return reading.parse(reply)
  } finally {
    socket.destroy()
    signal.removeEventListener('abort', abort)
  }
}

async function open(address: ServiceAddress, signal: AbortSignal): Promise<Socket> {
  try {
    return await connect(address, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw new SpamdFault('unreachable', (error as Error).message, { cause: error })
  }
}

function receive(socket: Socket, end: ReplyEnd, signal: AbortSignal): Promise<Reply> {
  const reader = new ReplyReader(end)
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk) => {
      try {
        const reply = reader.push(chunk)
        if (reply !== undefined) resolve(reply)
      } catch (error) {
        reject(error)
      }
    })
    socket.once('end', () => {
      try {
        resolve(reader.close())
      } catch (error) {
        reject(error)
      }
    })
    socket.once('error', (error) => {
      reject(signal.aborted ? signal.reason : new SpamdFault('protocol', error.message, { cause: error }))
    })
    socket.once('close', () => reject(new SpamdFault('protocol', 'closed in the middle of its answer')))
  })
}

/** Sends until all is handed over or the socket is gone; why it is gone is for `receive` to tell. */
async function send(socket: Socket, request: Request, progress: { unsent: number }): Promise<void> {
  socket.write(printHead(request))
  for await (const chunk of request.body === undefined ? [] : firstBytes(request.body)) {
    if (!socket.writable) return
    progress.unsent -= chunk.length
    if (!socket.write(chunk)) await drained(socket)
    if (!socket.writable) return
  }
  socket.end()
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle)
      resolve()
    }
    socket.once('drain', settle).once('close', settle)
  })
}
