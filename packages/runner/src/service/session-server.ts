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
  /** Ends the session as soon as no message is under way. What `idle` says is for sessions that cannot be ended then without harm. */
  drain(idle: Idle): void
}

/**
 * What becomes of a session without a message, which Postfix cannot begin anew elsewhere: it goes on while another generation of workers
 * serves the rest, and is closed when the service ends.
 */
export type Idle = 'keep' | 'close'

/** A socket to accept connections on, and the sessions on them. */
export interface Listener {
  /** The path of a UNIX socket to make, or the descriptor of a socket that is bound already. */
  readonly socket: { readonly path: string } | { readonly fd: number }
  readonly log: Log
  /**
   * Whether a session counts for the limit. One that lasts for as long as a client is connected does not: most of its time it waits, and
   * Postfix limits how many there are.
   */
  readonly limited: boolean
  /** Whether a session gets its connection before anything was read from it, and begins to read itself. Not so unless set. */
  readonly paused?: boolean
  begin(connection: Socket): Session
}

export interface SessionServer {
  /** Sessions under way. */
  readonly sessions: number
  /** Those of them that count for the limit. */
  readonly limited: number
  /** Accepts no more connections, and resolves when every session has ended. May be called again. */
  drain(idle: Idle): Promise<void>
}

interface Waiting {
  readonly socket: Socket
  readonly listener: Listener
}

/** Starts to accept connections. At most `limit` of the sessions that count run at a time. Throws when it cannot listen on one of the sockets. */
export async function startSessionServer(listeners: readonly Listener[], limit: number): Promise<SessionServer> {
  const sessions = new Set<Session>()
  const waiting: Waiting[] = []
  const onEmpty: (() => void)[] = []
  let draining: Idle | undefined
  let limited = 0

  const begin = ({ socket, listener }: Waiting): void => {
    const session = listener.begin(socket)
    const weight = listener.limited ? 1 : 0
    sessions.add(session)
    limited += weight
    void session.run().then(() => {
      sessions.delete(session)
      limited -= weight
      const next = limited < limit ? waiting.shift() : undefined
      if (next !== undefined) begin(next)
      else if (sessions.size === 0) for (const resolve of onEmpty) resolve()
    })
    if (draining !== undefined) session.drain(draining)
  }
  const accept = (socket: Socket, listener: Listener): void => {
    if (!listener.limited || limited < limit) begin({ socket, listener })
    else {
      socket.on('error', () => socket.destroy())
      waiting.push({ socket, listener })
    }
  }
  const servers = await Promise.all(listeners.map((listener) => open(listener, accept)))
  const drain = async (idle: Idle): Promise<void> => {
    if (draining === undefined) for (const server of servers) server.close()
    draining = idle
    for (const session of sessions) session.drain(idle)
    if (sessions.size > 0) {
      await new Promise<void>((resolve) => {
        onEmpty.push(resolve)
      })
    }
  }
  return {
    get sessions() {
      return sessions.size
    },
    get limited() {
      return limited
    },
    drain,
  }
}

function open(listener: Listener, accept: (socket: Socket, listener: Listener) => void): Promise<Server> {
  const { socket, log, paused: pauseOnConnect = false } = listener
  const server = createServer({ pauseOnConnect }, (connection) => accept(connection, listener))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...socket, backlog: 511 }, () => {
      server.on('error', (error) => log.write('error', 'cannot accept', { error: error.message }))
      resolve(server)
    })
  })
}
