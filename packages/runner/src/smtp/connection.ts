/**
 * The server half of an SMTP connection (RFC 5321 §3): command lines and mail data in, replies out. Input may be pipelined
 * (RFC 2920) and cut anywhere. What comes faster than it is read waits in the kernel, and so do the commands of a client that
 * does not read its replies.
 *
 * line.ts and command.ts read what the client sends, and data-reader.ts reads mail data. The client half is client.ts: reply-reader.ts
 * reads what the server sends, and data.ts writes mail data. Both halves use reply.ts, ehlo.ts and xforward.ts.
 */
import type { Socket } from 'node:net'
import { drained } from '@candy/sdk/failover'
import type { DataReader } from './data-reader.js'
import { type Line, LineReader } from './line.js'
import { readIntoOneBuffer } from './reused-buffer.js'

/**
 * Bytes. RFC 5321 §4.5.3.1.4 allows 512 and extensions add to it. Postfix itself takes 2048 (line_length_limit), and sends a
 * HELO name of that length again in XFORWARD, where a byte may become three (xtext, RFC 3461 §4).
 */
const LINE_LIMIT = 8192

/** Bytes of input that may wait to be read, and of output that may wait to be sent. */
const BACKLOG = 256 * 1024

/** Thrown when mail data is longer than the limit. */
class DataTooLong extends Error {
  readonly code = 'DATA_TOO_LONG'
}

/** Thrown while data is read from a client that has disconnected, or is silent for too long. */
export class ClientDisconnected extends Error {
  readonly code = 'CLIENT_DISCONNECTED'
}

/** Made once: every session ends with it, and a stack trace costs more than all else that is done then. */
const HUNG_UP = new ClientDisconnected('the client hung up')

/** Mail data that is being received. */
interface IncomingData {
  readonly reader: DataReader
  readonly append: (piece: Uint8Array) => Promise<void> | undefined
  /** Bytes. */
  readonly limit: number
  size: number
  readonly end: (error?: unknown) => void
}

export class ServerConnection {
  readonly #socket: Socket
  readonly #lines = new LineReader(LINE_LIMIT)
  /** Why nothing more can be sent or received; undefined while the client is connected. */
  #disconnected: ClientDisconnected | undefined
  #onDisconnect: ((error: ClientDisconnected) => void) | undefined
  #waiter: ((more: boolean) => void) | undefined
  #silent = false
  #incoming: IncomingData | undefined
  /** Whether data that was read is still being kept. */
  #appending = false

  /** `idle` is how long the client may be silent when something is expected of it, in milliseconds (RFC 5321 §4.5.3.2.7). */
  constructor(accepted: Socket, idle: number) {
    const socket = readIntoOneBuffer(accepted, (chunk) => this.#receive(chunk))
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setTimeout(idle)
    socket.on('timeout', () => this.#timeOut())
    socket.on('end', () => this.#disconnect(HUNG_UP))
    socket.on('close', () => this.#disconnect(HUNG_UP))
    socket.on('error', (error) =>
      this.#disconnect(new ClientDisconnected(`the client's connection failed: ${error.message}`)),
    )
  }

  /** Why the client has disconnected; undefined while it is connected. */
  get disconnected(): ClientDisconnected | undefined {
    return this.#disconnected
  }

  /** Whether the client is still connected, but has sent nothing for too long. */
  get silent(): boolean {
    return this.#silent
  }

  /**
   * Has `listener` called when the client disconnects, at once when it has already; not when it is the server that closes the
   * connection. There is one listener at a time.
   */
  onDisconnect(listener: ((error: ClientDisconnected) => void) | undefined): void {
    this.#onDisconnect = listener
    if (this.#disconnected !== undefined) listener?.(this.#disconnected)
  }

  /** The next line, when it has come to its end. */
  line(): Line | undefined {
    const line = this.#lines.next()
    this.#resume()
    return line
  }

  /** Waits for more input. Resolves to false when none will come: the client has disconnected, or is silent for too long. */
  more(): Promise<boolean> {
    if (this.#silent || this.#disconnected !== undefined) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.#waiter = resolve
    })
  }

  /** Ends a wait for more input, with false, as if the client had been silent for too long. */
  interrupt(): void {
    this.#wake(false)
  }

  /**
   * Reads mail data after 354, to its end: without dot-stuffing, every line end CRLF. `append` gets each piece, whose
   * memory is used again when it returns, and may return something to wait for. Throws `ClientDisconnected` when the end does not come,
   * `DataTooLong` past `limit` bytes, and what `append` throws. When the reading stops before the end, only `skip` with the same
   * reader may follow: what is left is not commands.
   */
  data(
    reader: DataReader,
    append: (piece: Uint8Array) => Promise<void> | undefined,
    limit: number = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: unknown): void => {
        this.#incoming = undefined
        if (error === undefined) resolve()
        else reject(error as Error)
      }
      this.#incoming = { reader, append, limit, size: 0, end }
      this.#readData(this.#incoming, this.#takeUnread())
    })
  }

  /** Reads mail data to its end and drops it. Throws `ClientDisconnected`. */
  skip(reader: DataReader): Promise<void> {
    return this.data(reader, () => undefined)
  }

  /** Writes replies. Returns something to wait for only when the client does not read them: until it does, or disconnects. */
  write(replies: string): Promise<void> | undefined {
    if (this.#disconnected !== undefined) return undefined
    this.#socket.write(replies, 'latin1')
    return this.#socket.writableLength > BACKLOG ? drained(this.#socket) : undefined
  }

  /** Ends the connection once what was written has been sent, and at once when the client has disconnected. */
  close(): void {
    if (this.#disconnected === undefined) this.#socket.destroySoon()
    else this.#socket.destroy()
    this.#disconnected ??= HUNG_UP
    this.#endInput()
  }

  /** The chunk's memory is overwritten by the next one. */
  #receive(chunk: Buffer): void {
    if (this.#incoming !== undefined && !this.#appending && this.#lines.size === 0)
      this.#readData(this.#incoming, chunk)
    else this.#lines.push(Buffer.from(chunk))
    if (this.#lines.size > BACKLOG) this.#socket.pause()
    this.#wake(true)
  }

  /** Reads the data that has come. */
  #readData(incoming: IncomingData, chunk: Buffer): void {
    const { reader, limit, end } = incoming
    const pieces: Uint8Array[] = []
    const read = reader.read(chunk, pieces)
    if (read < chunk.length) this.#lines.push(Buffer.from(chunk.subarray(read)))
    incoming.size += read
    if (incoming.size > limit) end(new DataTooLong(`more than ${limit} bytes`))
    else this.#appendPieces(incoming, pieces)
  }

  #appendPieces(incoming: IncomingData, pieces: readonly Uint8Array[]): void {
    const { reader, append, end } = incoming
    try {
      for (let index = 0; index < pieces.length; index++) {
        const pending = append(pieces[index] as Uint8Array)
        if (pending !== undefined) {
          // What is read meanwhile overwrites the memory that they are in.
          const rest = pieces.slice(index + 1).map((piece) => new Uint8Array(piece))
          this.#appending = true
          pending.then(
            () => this.#appended(() => this.#appendPieces(incoming, rest)),
            (error: unknown) => this.#appended(() => end(error)),
          )
          return
        }
      }
    } catch (error) {
      end(error)
      return
    }
    if (reader.ended) end()
    else if (this.#lines.size > 0) this.#readData(incoming, this.#takeUnread())
    else if (this.#silent) end(new ClientDisconnected('the client fell silent'))
    else if (this.#disconnected !== undefined) end(HUNG_UP)
  }

  #appended(next: () => void): void {
    this.#appending = false
    next()
  }

  #takeUnread(): Buffer {
    const unread = this.#lines.takeUnread()
    this.#resume()
    return unread
  }

  #resume(): void {
    if (this.#socket.isPaused() && this.#lines.size <= BACKLOG) this.#socket.resume()
  }

  #timeOut(): void {
    // While no input is waited for, it is not the client that is slow.
    if (this.#waiter === undefined && (this.#incoming === undefined || this.#appending)) return
    this.#silent = true
    this.#endInput()
  }

  #disconnect(error: ClientDisconnected): void {
    if (this.#disconnected === undefined) {
      this.#disconnected = error
      this.#onDisconnect?.(error)
    }
    this.#endInput()
  }

  /** No more input will come. */
  #endInput(): void {
    if (this.#incoming !== undefined && !this.#appending) this.#appendPieces(this.#incoming, [])
    this.#wake(false)
  }

  #wake(more: boolean): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.(more)
  }
}
