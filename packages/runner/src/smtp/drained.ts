/** Waits until a socket has room to write again. */
import type { Socket } from 'node:net'

/** Resolves when what was written has left, and also when the socket closes: the caller looks which. */
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
