/**
 * The server half of an SMTP connection (RFC 5321 §3): command lines and mail data in, replies out. Input may be pipelined
 * (RFC 2920) and cut anywhere. What comes faster than it is read waits in the kernel; so do commands of a client that
 * does not read its replies.
 */
import type { Socket } from 'node:net'
import type { DataReader } from './data-reader.js'
import { type Line, LineReader } from './line.js'

/**
 * Bytes. RFC 5321 §4.5.3.1.4 allows 512 and extensions add to it. Postfix itself takes 2048 (line_length_limit), and says a
 * HELO name of that length again in XFORWARD, where a byte may need three (xtext, RFC 3461 §4).
 */
const LINE_LIMIT = 8192

/** Input that may wait to be read, and output that may wait to be taken, in bytes. */
const BACKLOG = 256 * 1024

/** Thrown when mail data is longer than what the reader of it allows. */
class DataTooLong extends Error {
  readonly code = 'DATA_TOO_LONG'
}

/** Thrown while data is read from a client that has gone away, or stays silent. */
export class ClientGone extends Error {
  readonly code = 'CLIENT_GONE'
}

/** Made once: every session ends in it, and a stack trace costs more than the rest of a session's end. */
const HUNG_UP = new ClientGone('the client hung up')

export class ServerConnection {
  readonly #socket: Socket
  readonly #lines = new LineReader(LINE_LIMIT)
  /** Set once nothing more can be said or heard: how that came. */
  #end: ClientGone | undefined
  #watcher: ((how: ClientGone) => void) | undefined
  #waiter: ((more: boolean) => void) | undefined
  #silent = false

  /** `idle` is how long the client may be silent when something is expected of it, in milliseconds (RFC 5321 §4.5.3.2.7). */
  constructor(socket: Socket, idle: number) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setTimeout(idle)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('timeout', () => this.#timeOut())
    socket.on('end', () => this.#lose(HUNG_UP))
    socket.on('close', () => this.#lose(HUNG_UP))
    socket.on('error', (error) => this.#lose(new ClientGone(`the client's connection failed: ${error.message}`)))
  }

  /** How the client went away; undefined while it is there. */
  get gone(): ClientGone | undefined {
    return this.#end
  }

  /** Whether the client is still there, but has said nothing for too long. */
  get silent(): boolean {
    return this.#silent
  }

  /** Has it told when the client goes away, and not when it is we who close the connection; at once when it has gone. */
  watch(watcher: ((how: ClientGone) => void) | undefined): void {
    this.#watcher = watcher
    if (this.#end !== undefined) watcher?.(this.#end)
  }

  /** The next line that has come. */
  line(): Line | undefined {
    const line = this.#lines.next()
    this.#resume()
    return line
  }

  /** Waits for more input. False when none will come: the client is gone, or silent for too long. */
  more(): Promise<boolean> {
    if (this.#silent || this.#end !== undefined) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.#waiter = resolve
    })
  }

  /** Ends a wait for more input, with false, as if the client had been silent for too long. */
  interrupt(): void {
    this.#wake(false)
  }

  /**
   * Mail data after 354, to its end: without dot-stuffing, every line end CRLF. `keep` takes each piece, which shares its
   * memory with others, and may give something to wait for. Throws `ClientGone` when the end does not come, `DataTooLong`
   * past `limit` bytes, and what `keep` throws. Once the reading has stopped before the end, only `skip` with the same
   * reader may follow: what is left is not commands.
   */
  async data(
    reader: DataReader,
    keep: (piece: Uint8Array) => Promise<void> | undefined,
    limit: number = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    let size = 0
    while (!reader.ended) {
      const chunk = this.#lines.take()
      this.#resume()
      const pieces: Uint8Array[] = []
      const read = reader.read(chunk, pieces)
      if (read < chunk.length) this.#lines.push(chunk.subarray(read))
      size += read
      if (size > limit) throw new DataTooLong(`more than ${limit} bytes`)
      for (const piece of pieces) {
        const kept = keep(piece)
        if (kept !== undefined) await kept
      }
      if (!reader.ended && this.#lines.size === 0 && !(await this.more())) {
        throw this.#silent ? new ClientGone('the client fell silent') : HUNG_UP
      }
    }
  }

  /** Reads mail data to its end and drops it. Throws `ClientGone`. */
  skip(reader: DataReader): Promise<void> {
    return this.data(reader, () => undefined)
  }

  /** Writes replies. Gives something to wait for where the client has no room for more, until it has or is gone. */
  write(replies: string): Promise<void> | undefined {
    if (this.#end !== undefined) return undefined
    this.#socket.write(replies, 'latin1')
    return this.#socket.writableLength > BACKLOG ? this.#drained() : undefined
  }

  /** Ends the connection once what was written has left, and at once when there is nobody to read it. */
  close(): void {
    if (this.#end === undefined) this.#socket.destroySoon()
    else this.#socket.destroy()
    this.#end ??= HUNG_UP
    this.#wake(false)
  }

  #take(chunk: Buffer): void {
    this.#lines.push(chunk)
    if (this.#lines.size > BACKLOG) this.#socket.pause()
    this.#wake(true)
  }

  #resume(): void {
    if (this.#socket.isPaused() && this.#lines.size <= BACKLOG) this.#socket.resume()
  }

  #timeOut(): void {
    // While nobody waits for the client, it is not the client that is slow.
    if (this.#waiter === undefined) return
    this.#silent = true
    this.#wake(false)
  }

  #lose(how: ClientGone): void {
    if (this.#end === undefined) {
      this.#end = how
      this.#watcher?.(how)
    }
    this.#wake(false)
  }

  #wake(more: boolean): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.(more)
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#socket.off('drain', settle)
        this.#socket.off('close', settle)
        resolve()
      }
      this.#socket.once('drain', settle)
      this.#socket.once('close', settle)
    })
  }
}
