/** Waits until a socket has room to write again. */
import type { Socket } from 'node:net'

/** Resolves when everything that was written has been sent, or when the socket has closed. The caller checks which. */
export function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle)
      socket.off('close', settle)
      resolve()
    }
    socket.once('drain', settle)
    socket.once('close', settle)
  })
}
