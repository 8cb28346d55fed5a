/** Waits until a socket has room to write again, so that a message does not pile up in memory. */
import type { Socket } from 'node:net'

/** Resolves when what was written has left, and also when the socket is closed: the caller looks which. */
export function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle)
      resolve()
    }
    socket.once('drain', settle).once('close', settle)
    if (socket.closed) settle()
  })
}
