/** A connection from candy-handover: chunks in, one line out. What comes faster than it is read waits in the kernel. */
import type { Socket } from 'node:net'
import { CandyError } from '@candy/sdk'

/** Bytes of input that may wait to be read. */
const BACKLOG = 256 * 1024

export class PipeConnection {
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #size = 0
  #lost: Error | undefined
  #answered = false
  #onLost: ((error: Error) => void) | undefined
  #wake: (() => void) | undefined

  /** `idle` is how long the client may be silent before its message has ended, in milliseconds. */
  constructor(socket: Socket, idle: number) {
    this.#socket = socket
    socket.setTimeout(idle)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    // The client never ends one direction alone.
    socket.on('end', () => this.#lose('went away'))
    socket.on('close', () => this.#lose('went away'))
    socket.on('error', (error) => this.#lose(`went away (${error.message})`))
    socket.on('timeout', () => {
      if (this.#wake !== undefined) this.#lose('fell silent')
    })
  }

  /** Has `listener` called with the reason when the client is gone, at once when it is already. There is one listener. */
  onLost(listener: (error: Error) => void): void {
    this.#onLost = listener
    if (this.#lost !== undefined) listener(this.#lost)
  }

  /** Has a wait for the next chunk end with this error. */
  abort(reason: Error): void {
    this.#lost ??= reason
    this.#wakeReader()
  }

  /** The next chunk. Throws `SPOOL` when the client is gone before, and the reason of `abort`. */
  async read(): Promise<Buffer> {
    while (this.#size === 0) {
      if (this.#lost !== undefined) throw this.#lost
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const chunk = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#size = 0
    if (this.#socket.isPaused()) this.#socket.resume()
    return chunk ?? Buffer.alloc(0)
  }

  /** Sends the line and ends the connection, also where the client is gone and does not read it. */
  answer(line: string): void {
    this.#answered = true
    // Within the call-back itself, destroying makes an error for a stack trace that nobody sees, which takes long.
    this.#socket.write(line, 'latin1', () => process.nextTick(() => this.#socket.destroy()))
  }

  #receive(chunk: Buffer): void {
    if (this.#answered) return
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size > BACKLOG) this.#socket.pause()
    this.#wakeReader()
  }

  #lose(how: string): void {
    if (this.#answered) return
    if (this.#lost === undefined) {
      this.#lost = new CandyError('SPOOL', `pipe(8) ${how}: the message may be incomplete, and will come again`)
      this.#onLost?.(this.#lost)
    }
    this.#wakeReader()
  }

  #wakeReader(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
