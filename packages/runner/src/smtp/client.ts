/**
 * The client half of SMTP (RFC 5321), as far as delivering a message needs it: one connection, commands out, replies in, in
 * order. It pipelines where the server does (RFC 2920), and knows nothing of what a reply means for the mail.
 *
 * Every reply answers something that was sent before it came. The client counts the replies that the server owes: one that
 * was not asked for answers nothing, above all not a message whose end has not been sent.
 *
 * When the server disconnects, is silent, does not speak SMTP or answers too early, every command under way fails with an
 * SmtpError.
 */
import { connect, type Socket } from 'node:net'
import { drained } from '@candy/sdk/failover'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { errorText } from '../os/error-text.js'
import { makeDotStuffer } from './data.js'
import { type Extensions, parseExtensions } from './ehlo.js'
import { isPositive, printReply, type Reply } from './reply.js'
import { ReplyReader } from './reply-reader.js'

/**
 * Bytes of a message that are gathered for one write. The kernel wakes the writer of a UNIX socket once most of net.core.wmem_default,
 * 208 KiB, has been read.
 */
const WRITE_LIMIT = 256 * 1024

const CRLF = Buffer.from('\r\n')

/** A failure of the connection itself, not a reply. */
export class SmtpError extends Error {
  readonly code = 'SMTP'
}

/** Made once: every connection ends with it, and a stack trace is not cheap. */
const CLOSED = new SmtpError('the connection was closed')

export interface ConnectOptions {
  /** The connection ends when it aborts, and with it every wait. */
  readonly signal?: AbortSignal
  /** Milliseconds that the server has for a whole reply, and then may be silent; except for the reply to mail data. */
  readonly timeout?: number
}

interface Waiter {
  resolve(reply: Reply): void
  reject(error: Error): void
}

export class SmtpClient {
  readonly #socket: Socket
  readonly #where: string
  readonly #timeout: number
  readonly #reader = new ReplyReader()
  readonly #waiters: Waiter[] = []
  /** Replies that came before anybody waited for them. */
  readonly #early: Reply[] = []
  /** Replies that are still to come. The first is the greeting. */
  #owed = 1
  /** Since when the server owes the next one: milliseconds of `performance.now()`. */
  #since = performance.now()
  #failure: SmtpError | undefined
  /** The reply to mail data has no timeout here. */
  #dataSent = false

  private constructor(socket: Socket, address: ServiceAddress, timeout: number) {
    this.#socket = socket
    this.#where = printAddress(address)
    this.#timeout = timeout
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error) => this.#fail(`${this.#where}: ${error.message}`))
    socket.on('close', () => this.#fail(`${this.#where} closed the connection`))
    if (timeout === Number.POSITIVE_INFINITY) return
    socket.setTimeout(timeout, () => {
      if (this.#isLate(0) || this.#failure !== undefined) this.abort(`${this.#where} did not answer in time`)
    })
  }

  /** Connects and returns at once; `reply()` then gives the greeting. */
  static connect(
    address: ServiceAddress,
    { signal, timeout = Number.POSITIVE_INFINITY }: ConnectOptions = {},
  ): SmtpClient {
    const socket = connect({ ...address, noDelay: true })
    const client = new SmtpClient(socket, address, timeout)
    if (signal === undefined) return client
    const abort = (): void => client.abort(`${client.#where} did not answer in time`)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    socket.once('close', () => signal.removeEventListener('abort', abort))
    return client
  }

  /** The next reply in order: to the oldest command without one, or the greeting. Throws SmtpError. */
  reply(): Promise<Reply> {
    const early = this.#early.shift()
    if (early !== undefined) return Promise.resolve(early)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /**
   * Whether a new command can be sent: nothing has failed, and no reply is due. A server that closes the connection may say so
   * without being asked (RFC 5321 §3.8).
   */
  get usable(): boolean {
    return this.#failure === undefined && this.#owed === 0 && this.#early.length === 0
  }

  /** Ends the connection at once, also in the middle of a command; every wait fails with this reason. */
  abort(reason: string): void {
    this.#fail(reason)
    this.#socket.destroy()
  }

  /** Sends command lines as the bytes they are (without CRLF) in one write. Await a `reply()` for each. */
  sendLines(lines: readonly Uint8Array[]): void {
    this.#owe(lines.length)
    this.#socket.write(Buffer.concat(lines.flatMap((line) => [line, CRLF])))
  }

  /** Sends command lines (without CRLF, UTF-8) in one write. Await a `reply()` for each. */
  send(...lines: readonly string[]): void {
    this.sendLines(lines.map((line) => Buffer.from(line)))
  }

  async command(line: string): Promise<Reply> {
    this.send(line)
    return this.reply()
  }

  /** Sends EHLO; the extensions are empty when the server refused it. */
  async ehlo(name: string): Promise<{ readonly reply: Reply; readonly extensions: Extensions }> {
    const reply = await this.command(`EHLO ${name}`)
    return { reply, extensions: reply.code === 250 ? parseExtensions(reply) : new Map() }
  }

  /**
   * Sends mail data, dot-stuffed, without its end. The function that this returns sends the end; until it is called, the server
   * must not accept the message. The last chunk is sent together with the end, so a small message is one write. As with `chunk`, the
   * bytes are not copied.
   */
  async data(bytes: AsyncIterable<Uint8Array>): Promise<() => Promise<Reply>> {
    const stuffer = makeDotStuffer()
    let pieces: readonly Uint8Array[] = []
    for await (const chunk of bytes) {
      if (this.#failure !== undefined) throw this.#failure
      if (!this.#write(pieces)) await this.#drain()
      pieces = stuffer.stuff(chunk)
    }
    return () => this.#end([...pieces, stuffer.end()])
  }

  /**
   * Sends a message of `size` bytes as one chunk (BDAT LAST, RFC 3030 §2), without its last bytes. The function that this returns
   * sends those; until it is called, the server must not accept the message. A small message is one write. Throws RangeError
   * when there are fewer or more bytes; the connection is in the middle of the chunk then.
   *
   * The bytes are not copied, and must not change before the reply to the message is there or the connection has ended.
   */
  async chunk(bytes: AsyncIterable<Uint8Array>, size: number): Promise<() => Promise<Reply>> {
    let pieces: Uint8Array[] = [Buffer.from(`BDAT ${size} LAST\r\n`)]
    let gathered = 0
    let left = size
    for await (const piece of bytes) {
      if (piece.length === 0) continue
      if (this.#failure !== undefined) throw this.#failure
      if (gathered > 0 && gathered + piece.length > WRITE_LIMIT) {
        if (!this.#write(pieces)) await this.#drain()
        pieces = []
        gathered = 0
      }
      pieces.push(piece)
      gathered += piece.length
      left -= piece.length
      if (left < 0) break
    }
    if (left !== 0) throw new RangeError(`the message is not ${size} bytes long`)
    return () => this.#end(pieces)
  }

  /** Ends the connection without waiting for anything. May be called again. */
  close(): void {
    if (this.#failure === undefined) this.#socket.end('QUIT\r\n')
    this.#failure ??= CLOSED
    this.#socket.destroySoon()
  }

  /** In one system call. Returns false when the server reads more slowly than this. */
  #write(pieces: readonly Uint8Array[]): boolean {
    this.#socket.cork()
    let room = true
    for (const piece of pieces) room = this.#socket.write(piece)
    this.#socket.uncork()
    return room
  }

  async #drain(): Promise<void> {
    await drained(this.#socket)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Sends the end of a message. What the server said before is no answer to it. */
  #end(pieces: readonly Uint8Array[]): Promise<Reply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#write(pieces)
    this.#owe(1)
    this.#dataSent = true
    return this.reply()
  }

  #owe(replies: number): void {
    if (this.#owed === 0) this.#since = performance.now()
    this.#owed += replies
  }

  /** Whether a reply has been due for more than so many milliseconds. */
  #isLate(milliseconds: number): boolean {
    return this.#owed > 0 && !this.#dataSent && performance.now() - this.#since > milliseconds
  }

  #read(chunk: Buffer): void {
    if (this.#failure !== undefined) return
    if (this.#isLate(this.#timeout)) this.abort(`${this.#where} did not answer in time`)
    try {
      this.#reader.read(chunk, (reply) => this.#onReply(reply))
    } catch (error) {
      this.abort(`${this.#where} does not speak SMTP: ${errorText(error)}`)
    }
  }

  #onReply(reply: Reply): void {
    if (this.#failure !== undefined) return
    if (this.#owed === 0) {
      this.abort(`${this.#where} said, without being asked: ${printReply(reply)}`)
      return
    }
    if (this.#dataSent && isPositive(reply) && this.#socket.writableLength > 0) {
      this.abort(`${this.#where} answered a message before it had all of it: ${printReply(reply)}`)
      return
    }
    this.#owed -= 1
    this.#since = performance.now()
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#early.push(reply)
    else waiter.resolve(reply)
    // A message that was refused early: what is left of it must not be sent, since its bytes are the caller's again.
    if (this.#dataSent && this.#socket.writableLength > 0) this.abort(`${this.#where} did not read the whole message`)
    this.#dataSent = false
  }

  #fail(reason: string): void {
    this.#failure ??= new SmtpError(reason)
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure)
  }
}
