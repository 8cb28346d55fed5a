/**
 * Accepts connections on all listeners and runs a session on each, up to a limit. Connections beyond the limit are accepted
 * and wait for their greeting, since a refused connection makes Postfix suspend the whole destination, and one that waits does not.
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../log/log.js'

/** What is done on one connection. */
interface Session {
  /** Serves the client until either side ends the connection. Never throws. */
  run(): Promise<void>
  /** Ends the session as soon as no message is under way. */
  drain(): void
}

/** A socket to accept connections on, and the sessions on them. */
export interface Listener {
  /** The path of a UNIX socket to make, or the descriptor of a socket that is bound already. */
  readonly socket: { readonly path: string } | { readonly fd: number }
  readonly log: Log
  begin(connection: Socket): Session
}

export interface SessionServer {
  /** Sessions under way. */
  readonly sessions: number
  /** Accepts no more connections, and resolves when every session has ended. May be called again. */
  drain(): Promise<void>
}

interface Waiting {
  readonly socket: Socket
  readonly listener: Listener
}

/** Starts to accept connections. At most `limit` sessions run at a time. Throws when it cannot listen on one of the sockets. */
export async function startSessionServer(listeners: readonly Listener[], limit: number): Promise<SessionServer> {
  const sessions = new Set<Session>()
  const waiting: Waiting[] = []
  let onEmpty = (): void => {}
  let draining = false

  const begin = ({ socket, listener }: Waiting): void => {
    const session = listener.begin(socket)
    sessions.add(session)
    void session.run().then(() => {
      sessions.delete(session)
      const next = waiting.shift()
      if (next !== undefined) begin(next)
      else if (sessions.size === 0) onEmpty()
    })
    if (draining) session.drain()
  }
  const accept = (socket: Socket, listener: Listener): void => {
    if (sessions.size < limit) begin({ socket, listener })
    else {
      socket.on('error', () => socket.destroy())
      waiting.push({ socket, listener })
    }
  }
  const servers = await Promise.all(listeners.map((listener) => open(listener, accept)))
  const drain = async (): Promise<void> => {
    if (!draining) for (const server of servers) server.close()
    draining = true
    for (const session of sessions) session.drain()
    if (sessions.size > 0) {
      await new Promise<void>((resolve) => {
        onEmpty = resolve
      })
    }
  }
  return {
    get sessions() {
      return sessions.size
    },
    drain,
  }
}

function open(listener: Listener, accept: (socket: Socket, listener: Listener) => void): Promise<Server> {
  const { socket, log } = listener
  const server = createServer((connection) => accept(connection, listener))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...socket, backlog: 511 }, () => {
      server.on('error', (error) => log.write('error', 'cannot accept', { error: error.message }))
      resolve(server)
    })
  })
}
