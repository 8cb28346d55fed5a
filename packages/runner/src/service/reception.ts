/**
 * Accepts connections and runs a relay session on each, so many at a time. More are let wait for their greeting: a
 * connection that is refused sends the whole destination into Postfix's back-off, one that waits does not.
 */
import { createServer, type Socket } from 'node:net'
import type { Relay } from '../front/relay.js'
import { RelaySession } from '../front/relay-session.js'

/** A UNIX socket to make, or a socket that is bound already. */
export type Place = { readonly path: string } | { readonly fd: number }

export interface Reception {
  /** Sessions under way. */
  readonly sessions: number
  /** Accepts no more, and resolves when every session has come to its end. May be called again. */
  drain(): Promise<void>
}

export function receiveOn(place: Place, relay: Relay, limit: number): Promise<Reception> {
  const sessions = new Set<RelaySession>()
  const waiting: Socket[] = []
  let emptied = (): void => {}
  let draining = false

  const begin = (socket: Socket): void => {
    const session = new RelaySession(socket, relay)
    sessions.add(session)
    void session.run().then(() => {
      sessions.delete(session)
      const next = waiting.shift()
      if (next !== undefined) begin(next)
      else if (sessions.size === 0) emptied()
    })
    if (draining) session.drain()
  }
  const server = createServer({ noDelay: true }, (socket) => {
    if (sessions.size < limit) begin(socket)
    else {
      socket.on('error', () => socket.destroy())
      waiting.push(socket)
    }
  })
  const drain = async (): Promise<void> => {
    if (!draining) server.close()
    draining = true
    for (const session of sessions) session.drain()
    if (sessions.size > 0) {
      await new Promise<void>((resolve) => {
        emptied = resolve
      })
    }
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...place, backlog: 511 }, () => {
      server.on('error', (error) => relay.log.write('error', 'cannot accept', { error: error.message }))
      resolve({
        get sessions() {
          return sessions.size
        },
        drain,
      })
    })
  })
}
