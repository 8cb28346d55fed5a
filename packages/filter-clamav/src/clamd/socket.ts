/**
 * A socket that goes on reading when writing fails. A Socket of Node.js destroys itself on the first write that fails, and
 * loses the bytes that it has not read yet. These can be the reply in which clamd says why it closed the connection (INSTREAM
 * size limit exceeded). This socket treats a failed write as done. Reading ends by itself, since clamd has closed its side.
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
