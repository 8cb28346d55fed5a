/**
 * A socket that goes on reading when writing fails. Node.js destroys a socket with its first failed write, and with it what
 * is still to be read: the very reply in which a clamd that hung up says why (INSTREAM size limit exceeded). Here a failed
 * write counts as written, and reading ends by itself: the other side is gone.
 */
import { Socket } from 'node:net'

type WriteCallback = (error?: Error | null) => void

export class Line extends Socket {
  /** Whether a write has failed, so that there is no use in another one. */
  isBroken = false

  override _write(chunk: Uint8Array, encoding: BufferEncoding, callback: WriteCallback): void {
    super._write(chunk, encoding, this.#forgive(callback))
  }

  override _writev(chunks: { chunk: Uint8Array; encoding: BufferEncoding }[], callback: WriteCallback): void {
    super._writev?.(chunks, this.#forgive(callback))
  }

  #forgive(callback: WriteCallback): WriteCallback {
    return (error) => {
      if (error) this.isBroken = true
      callback()
    }
  }
}
