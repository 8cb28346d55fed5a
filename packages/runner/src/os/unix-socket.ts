/** Finds out whether a process listens on a UNIX socket (unix(7)). */
import { connect } from 'node:net'

/**
 * False when the connection is refused, as it is on the socket of a process that has died. True otherwise, also when it cannot be
 * found out, for example because this user may not connect.
 */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const settle = (listening: boolean): void => {
      socket.destroy()
      resolve(listening)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code !== 'ECONNREFUSED'))
  })
}
