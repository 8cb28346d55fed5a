/**
 * Takes the place of the daemon that a filter asks. It listens on a real socket and answers by a script, for answers that a real
 * daemon gives too rarely to test with, and for failures that it cannot be made to have. It keeps no bytes that it has received.
 */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bytes } from '../contract.js'

/**
 * One connection: reads what the client sends, and yields what the daemon answers. When it returns, the daemon closes the
 * connection properly. When it stops reading, the connection stays open, so a script may read on in a second loop.
 */
export type Answer = (received: Bytes) => AsyncIterable<Uint8Array | string>

/**
 * How a backend fails. `refuse`: nobody listens at the address. `hang`: reads everything and never answers. `stall`: accepts the
 * connection and never reads. `close`: closes the connection after the first bytes. `nonsense`: answers text of no protocol, once the
 * client waits.
 */
export type BackendFailure = 'refuse' | 'hang' | 'stall' | 'close' | 'nonsense'

export interface BackendOptions {
  /** The kind of socket; default: `unix`. */
  readonly on?: 'unix' | 'tcp'
  readonly script: BackendFailure | Answer
}

export interface Backend extends AsyncDisposable {
  /** The path of the socket, or `127.0.0.1:PORT`. */
  readonly address: string
  /** The same address, in the form that `net.connect` accepts. */
  readonly endpoint: { readonly path: string } | { readonly host: string; readonly port: number }
  /** The number of connections accepted so far. */
  readonly connections: number
  /** The number of connections that the client has not ended yet. */
  readonly open: number
  /** Ends all connections and frees the address. Throws the error of the script, when it has thrown one. */
  close(): Promise<void>
}

/** Milliseconds. A client that has sent nothing for this time is assumed to wait for an answer. */
const SILENCE = 20

/** Starts a backend. The caller closes it. */
export async function backend(options: BackendOptions): Promise<Backend> {
  const { script, on = 'unix' } = options
  const sockets = new Set<Socket>()
  const open = new Set<Socket>()
  const failures: unknown[] = []
  let connections = 0

  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: script === 'stall' }, (socket) => {
    connections++
    sockets.add(socket)
    open.add(socket)
    socket.on('end', () => open.delete(socket))
    socket.on('close', () => sockets.delete(socket) && open.delete(socket))
    socket.on('error', () => socket.destroy())
    play(script, socket).catch((error: unknown) => {
      if (socket.errored === null && !socket.destroyed) failures.push(error)
      socket.destroy()
    })
  })
  const directory = on === 'unix' ? await mkdtemp(join(tmpdir(), 'backend-')) : undefined
  const endpoint = directory === undefined ? await listenTcp(server) : await listenUnix(server, directory, script)
  if (script === 'refuse') await stop(server)

  async function close() {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await stop(server)
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
    if (failures.length > 0) throw failures[0]
  }
  return {
    address: 'path' in endpoint ? endpoint.path : `${endpoint.host}:${endpoint.port}`,
    endpoint,
    get connections() {
      return connections
    },
    get open() {
      return open.size
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function play(script: BackendFailure | Answer, socket: Socket): Promise<void> {
  if (typeof script === 'function') return await converse(script, socket)
  if (script === 'hang') socket.resume()
  else if (script === 'close') socket.once('data', () => socket.destroy())
  else if (script === 'nonsense') await converse(nonsense, socket)
}

async function converse(answer: Answer, socket: Socket): Promise<void> {
  const chunks = socket[Symbol.asyncIterator]()
  const received: Bytes = { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) }
  for await (const bytes of answer(received)) {
    if (!socket.write(bytes)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve))
  }
  socket.end()
  socket.resume()
}

async function* nonsense(received: Bytes): AsyncGenerator<string> {
  const chunks = received[Symbol.asyncIterator]()
  const more = () => chunks.next().then((result) => result.done !== true)
  while (await Promise.race([more().catch(() => false), delay(SILENCE, false)]));
  yield 'colourless green ideas\r\n\r\nsleep furiously\n\0'
}

async function listenTcp(server: Server): Promise<{ host: string; port: number }> {
  await listen(server, { host: '127.0.0.1', port: 0 })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has a port')
  return { host: bound.address, port: bound.port }
}

/** Listens on a UNIX socket. Closing a server removes its socket file; for `refuse` the file must stay, so it is renamed after the bind. */
async function listenUnix(
  server: Server,
  directory: string,
  script: BackendFailure | Answer,
): Promise<{ path: string }> {
  const path = join(directory, 'socket')
  const bound = script === 'refuse' ? `${path}.bound` : path
  await listen(server, { path: bound })
  if (bound !== path) await rename(bound, path)
  return { path }
}

async function listen(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(where, resolve))
}

async function stop(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
