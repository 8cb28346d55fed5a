/**
 * A socket that goes on reading when writing fails. A Socket of Node.js destroys itself on the first write that fails, and
 * loses what it has not read yet: the reply in which a clamd that closed the connection says why (INSTREAM size limit exceeded). Here a
 * write that fails counts as done. Reading then ends by itself, since the other side is gone.
 */
import { Socket } from 'node:net'

type WriteCallback = (error?: Error | null) => void

export class ClamdSocket extends Socket {
  /** Whether a write has failed. Another one would fail as well. */
  hasFailedWrite = false

  override _write(chunk: Uint8Array, encoding: BufferEncoding, callback: WriteCallback): void {
    super._write(chunk, encoding, this.#ignoreError(callback))
  }

  override _writev(chunks: { chunk: Uint8Array; encoding: BufferEncoding }[], callback: WriteCallback): void {
    super._writev?.(chunks, this.#ignoreError(callback))
  }

  #ignoreError(callback: WriteCallback): WriteCallback {
    return (error) => {
      if (error) this.hasFailedWrite = true
      callback()
    }
  }
}
