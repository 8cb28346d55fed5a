/**
 * Sends one request to a spamd and reads its reply, on a new connection.
 *
 * The reply is read while the request is still being sent, because spamd may refuse the request early and close. Writing
 * pauses until the socket has drained, so that the message does not pile up in memory. After the last byte, the sending side
 * of the connection is closed (shutdown(2)), as spamd/PROTOCOL asks of a client.
 */
import type { Socket } from 'node:net'
import { connect, drained } from '@candy/sdk/failover'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { SpamdError } from './error.js'
import { type Reply, type ReplyEnd, ReplyReader } from './reply.js'
import { firstBytes, printHead, type Request } from './request.js'

/** Which part ends the reply, and how it is parsed. */
export interface ReplyFormat<T> {
  readonly end: ReplyEnd
  /** Throws a `SpamdError` when the reply cannot be understood. */
  parse(reply: Reply): T
}

/**
 * Sends the request to the spamd at this address and returns its parsed reply. The connection is closed in every case.
 *
 * Throws a `SpamdError` whose message names the address. Throws the signal's reason when the signal aborts, and the error of
 * `request.body.open()` when the message cannot be read.
 */
export async function sendRequest<T>(
  address: ServiceAddress,
  request: Request,
  format: ReplyFormat<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await sendOnNewConnection(address, request, format, signal)
  } catch (error) {
    if (!(error instanceof SpamdError)) throw error
    throw new SpamdError(error.code, `${printAddress(address)}: ${error.message}`, { cause: error.cause })
  }
}

async function sendOnNewConnection<T>(
  address: ServiceAddress,
  request: Request,
  format: ReplyFormat<T>,
  signal: AbortSignal,
): Promise<T> {
  const socket = await open(address, signal)
  const abort = (): unknown => socket.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    const progress = { unsent: request.body?.length ?? 0 }
    const received = receive(socket, format.end, signal)
    const sent = send(socket, request, progress)
    // A reply or an error that comes before all is sent counts at once. So does an error of reading the message.
    const reply = await Promise.race([received, sent.then(() => received)])
    if (progress.unsent > 0) throw new SpamdError('PROTOCOL', 'answered before it had the whole message')
    return format.parse(reply)
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
    throw new SpamdError('UNREACHABLE', (error as Error).message, { cause: error })
  }
}

/** Reads the reply. Rejects with the signal's reason or a `SpamdError` when the connection ends before the reply is complete. */
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
      reject(signal.aborted ? signal.reason : new SpamdError('PROTOCOL', error.message, { cause: error }))
    })
    socket.once('close', () => reject(new SpamdError('PROTOCOL', 'closed in the middle of its answer')))
  })
}

/**
 * Writes the request. Resolves when all is written, and also when the socket cannot be written any more: then `receive`
 * rejects with the reason. Rejects only when reading the message fails.
 */
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
