/** A server on a real socket that breaks the clamd protocol in ways a real clamd will not. */
import { randomUUID } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceAddress } from '@candy/sdk/values'

export interface Fake extends AsyncDisposable {
  readonly address: ServiceAddress
  /** All that was received, connection by connection; those that paused their socket have received nothing. */
  readonly received: Buffer[]
  /** How many connections are open. A connection that is not read counts as open, even if the client has closed it. */
  open(): number
  /** Reads the rest of connections that the script paused, and discards it. */
  resume(): void
}

/** Serves each connection with the script, on a UNIX socket or a port of 127.0.0.1. */
export async function startFake(
  script: (socket: Socket, turn: number) => void,
  kind: 'unix' | 'tcp' = 'unix',
): Promise<Fake> {
  const sockets = new Set<Socket>()
  const received: Buffer[] = []
  let turns = 0
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const turn = turns++
    sockets.add(socket)
    received[turn] = Buffer.alloc(0)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    script(socket, turn)
    if (!socket.isPaused()) {
      socket.on('data', (chunk) => {
        received[turn] = Buffer.concat([received[turn] ?? Buffer.alloc(0), chunk])
      })
      socket.on('end', () => socket.end())
    }
  })
  const path = join(tmpdir(), `candy-fake-${randomUUID().slice(0, 8)}.sock`)
  await new Promise<void>((resolve) => {
    if (kind === 'unix') server.listen(path, resolve)
    else server.listen(0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  return {
    address: typeof bound === 'object' && bound !== null ? { host: '127.0.0.1', port: bound.port } : { path },
    received,
    open: () => sockets.size,
    resume: () => {
      for (const socket of sockets) socket.on('end', () => socket.end()).resume()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * Answers when the request is complete, that is after the NUL of a command or the zero length that ends a stream, and closes the
 * connection.
 */
export function answer(reply: string | readonly string[]): (socket: Socket) => void {
  return (socket) => {
    let request = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      request = Buffer.concat([request, chunk])
      if (readRequest(request) === undefined) return
      void write(socket, typeof reply === 'string' ? [reply] : reply)
    })
  }
}

/** Answers the nth request of every connection with the nth reply, and then hangs up. */
export function answerAll(...replies: readonly string[]): (socket: Socket) => void {
  return (socket) => {
    const left = [...replies]
    let request = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      request = Buffer.concat([request, chunk])
      if (readRequest(request) === undefined) return
      request = Buffer.alloc(0)
      const reply = left.shift()
      if (reply === undefined) socket.destroy()
      else socket.write(reply, 'latin1')
    })
  }
}

async function write(socket: Socket, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    socket.write(part, 'latin1')
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.end()
}

const BEGIN = Buffer.from('zIDSESSION\0')

/** The command of a complete request, and the frames of its stream. Undefined while something is missing. */
export function readRequest(received: Buffer): { readonly command: string; readonly frames: Buffer[] } | undefined {
  const request = received.subarray(0, BEGIN.length).equals(BEGIN) ? received.subarray(BEGIN.length) : received
  const end = request.indexOf(0)
  if (end === -1) return undefined
  const command = request.toString('latin1', 0, end)
  const frames: Buffer[] = []
  if (command !== 'zINSTREAM') return { command, frames }
  for (let at = end + 1; at + 4 <= request.length; ) {
    const size = request.readUInt32BE(at)
    if (size === 0) return at + 4 === request.length ? { command, frames } : undefined
    frames.push(request.subarray(at + 4, at + 4 + size))
    at += 4 + size
  }
  return undefined
}
