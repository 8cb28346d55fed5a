/** Whether a process listens on a UNIX socket (unix(7)). */
import { connect } from 'node:net'

/** Taken to be so when that cannot be told, as where connecting is not allowed. What a dead process has left is refused. */
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
