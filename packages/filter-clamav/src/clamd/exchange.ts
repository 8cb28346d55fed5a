/**
 * One request and its one reply on a fresh connection. clamd may answer and close before it has read everything (over
 * StreamMaxLength it does), so the reply is read from the start, beside the writing, and counts whatever became of it.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { printAddress } from './address.js'
import type { Connection } from './connection.js'
import { ClamdError } from './error.js'
import type { Batch } from './request.js'

/** The longest reply is the path of a command and a signature's name; more is not clamd. */
const REPLY_LIMIT = 16 * 1_024

/** `complete` is false when the reply came before the whole request was written. */
export interface Answer {
  readonly text: string
  readonly complete: boolean
}

/**
 * Sends the request and reads the reply up to its NUL. The connection is destroyed and the request ended on every path.
 * Throws `UNREACHABLE` when the connection is lost before any reply, `PROTOCOL` for a reply that is cut short or endless,
 * the signal's reason, or what the request throws.
 */
export async function exchange(
  connection: Connection,
  request: AsyncIterable<Batch>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { socket } = connection
  const progress = { complete: false }
  try {
    const reply = readReply(connection)
    const text = await Promise.race([reply, send(connection, request, progress).then(() => reply)])
    return { text, complete: progress.complete }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    socket.destroy()
  }
}

async function send(
  { socket }: Connection,
  request: AsyncIterable<Batch>,
  progress: { complete: boolean },
): Promise<void> {
  for await (const { parts, last } of request) {
    progress.complete = last
    let room = true
    socket.cork()
    for (const part of parts) room = socket.write(part)
    socket.uncork()
    if (last) return
    if (!room) await drained(socket)
    // Small writes succeed at once, without end: let what has come meanwhile be read, a reply above all.
    await turn()
    if (socket.destroyed || socket.isBroken) return
  }
}

function drained(socket: Connection['socket']): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle)
      socket.off('close', settle)
      resolve()
    }
    socket.once('drain', settle)
    socket.once('close', settle)
    if (socket.destroyed) settle()
  })
}

/** The reply without its NUL, as Latin-1: names of signatures have no charset. What follows the NUL is not looked at. */
function readReply({ socket, address }: Connection): Promise<string> {
  return new Promise((resolve, reject) => {
    const where = printAddress(address)
    const parts: Buffer[] = []
    let size = 0
    const lost = (cause?: Error): void => {
      reject(
        size > 0
          ? new ClamdError('PROTOCOL', `${where}: the reply is cut short`, { cause })
          : new ClamdError('UNREACHABLE', `${where}: the connection was lost before a reply came`, { cause }),
      )
    }
    socket.on('data', (chunk: Buffer) => {
      const end = chunk.indexOf(0)
      parts.push(end === -1 ? chunk : chunk.subarray(0, end))
      size += chunk.length
      if (end !== -1) resolve(Buffer.concat(parts).toString('latin1'))
      else if (size > REPLY_LIMIT) reject(new ClamdError('PROTOCOL', `${where}: the reply has no end`))
    })
    socket.on('end', lost)
    socket.on('error', lost)
    socket.on('close', () => lost())
    if (socket.destroyed) lost()
  })
}
