/**
 * Reads from accepted connections into one buffer of this process. By itself Node.js gets 64 KiB of new memory for each read, which
 * costs more than the read, and which is free again only after the next collection of garbage. For connections that a program makes
 * `net.connect` has the option `onread`; for those that it accepts only the constructor of Socket has it, given the handle of the
 * accepted socket (docs/decisions/0042-one-buffer-for-all-reads.md).
 */
import { Socket, type SocketConstructorOpts } from 'node:net'

/** Bytes that are read at a time. */
const SIZE = 64 * 1024

const buffer = Buffer.allocUnsafeSlow(SIZE)

/** What Node.js keeps of a connection under the name `_handle`. */
interface Handle {
  /** Whether it is being read from. */
  readonly reading?: boolean
}

/**
 * Takes over a connection from a server with the option `pauseOnConnect`, and returns the socket to use instead of the accepted one.
 * `receive` is called with what is read, and the memory is overwritten when it has returned. Should this Node.js have no such
 * handle, the accepted socket is returned and reads as usual.
 */
export function readIntoOneBuffer(accepted: Socket, receive: (chunk: Buffer) => void): Socket {
  const { _handle: handle } = accepted as unknown as { readonly _handle?: Handle }
  if (handle?.reading !== false) {
    accepted.on('data', receive).resume()
    return accepted
  }
  const callback = (length: number): boolean => {
    receive(buffer.subarray(0, length))
    return true
  }
  const options = { handle, onread: { buffer, callback } }
  return new Socket(options as SocketConstructorOpts)
}
