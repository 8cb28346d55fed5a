/**
 * Requests and their replies on one connection, one after the other. clamd numbers the replies of a session (IDSESSION,
 * clamd(8)), so none can be taken for the answer to another request. clamd may answer and close the connection before it has read the
 * whole request (it does when StreamMaxLength is exceeded). So the reply is read while the request is written, and counts even when
 * writing failed.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import type { Connection } from './connection.js'
import { ClamdError } from './error.js'
import { isError, isRefusal, quote } from './reply.js'
import type { Batch } from './request.js'
import type { ClamdSocket } from './socket.js'

/** More bytes than the longest reply has, which names a path and a signature: a longer one does not come from clamd. */
const REPLY_LIMIT = 16 * 1_024

const BEGIN: Uint8Array = Buffer.from('zIDSESSION\0')

/** The text of a reply without its number. `complete` is false when it came before the whole request was written. */
export interface Answer {
  readonly text: string
  readonly complete: boolean
}

interface PendingReply {
  resolve(reply: string): void
  reject(error: ClamdError): void
}

export class Session {
  readonly address: ServiceAddress
  readonly #socket: ClamdSocket
  #asked = 0
  #pending: PendingReply | undefined
  /** The bytes of the next reply that have been read so far. */
  #parts: Buffer[] = []
  #size = 0

  /** Destroys the connection's socket when the session ends. */
  constructor({ address, socket }: Connection) {
    this.address = address
    this.#socket = socket
    const fail = (cause?: Error): void => this.#fail(cause)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', fail)
    socket.on('error', fail)
    socket.on('close', () => fail())
  }

  /** Whether another request can be sent. A connection that clamd has just closed may still look usable. */
  get usable(): boolean {
    return !this.#socket.destroyed
  }

  /**
   * Sends the request and reads the reply up to its NUL. Call it again only when that is done. The iteration of the request is ended on
   * every path, and the session is closed unless the next request can follow. Throws `UNREACHABLE` when the connection is lost before any reply,
   * `PROTOCOL` for a reply that is cut short, endless or not to this request, the signal's reason, or what the request throws.
   */
  async ask(request: AsyncIterable<Batch>, signal: AbortSignal | undefined): Promise<Answer> {
    this.#asked++
    const progress = { complete: false }
    const abort = (): void => this.close()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      signal?.throwIfAborted()
      const reply = this.#reply()
      const text = await Promise.race([reply, this.#send(request, progress).then(() => reply)])
      if (!progress.complete || isError(text)) this.close()
      return { text: this.#strip(text), complete: progress.complete }
    } catch (error) {
      this.close()
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Lets the process exit while the session is open. */
  unref(): void {
    this.#socket.unref()
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#socket.ref()
  }

  /** Ends the session at once. May be called again. */
  close(): void {
    this.#socket.destroy()
  }

  async #send(request: AsyncIterable<Batch>, progress: { complete: boolean }): Promise<void> {
    const socket = this.#socket
    let first = this.#asked === 1
    for await (const { parts, last } of request) {
      progress.complete = last
      let room = true
      socket.cork()
      if (first) socket.write(BEGIN)
      first = false
      for (const part of parts) room = socket.write(part)
      socket.uncork()
      if (last) return
      if (!room) await drained(socket)
      // Small writes succeed at once, and nothing would be read while they go on: give the reply a chance to be read.
      await turn()
      if (socket.destroyed || socket.hasFailedWrite) return
    }
  }

  /** The next reply without its NUL, as Latin-1: names of signatures have no charset. */
  #reply(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
      if (this.#socket.destroyed) this.#fail()
    })
  }

  #read(chunk: Buffer): void {
    const end = chunk.indexOf(0)
    this.#parts.push(end === -1 ? chunk : chunk.subarray(0, end))
    this.#size += chunk.length
    const pending = this.#pending
    // Bytes that no request asked for: the session cannot be trusted any more.
    if (pending === undefined || (end !== -1 && end < chunk.length - 1)) this.close()
    if (end !== -1) {
      const text = Buffer.concat(this.#parts).toString('latin1')
      this.#forget()
      pending?.resolve(text)
    } else if (this.#size > REPLY_LIMIT) {
      this.#forget()
      this.close()
      pending?.reject(new ClamdError('PROTOCOL', `${this.#where}: the reply has no end`))
    }
  }

  #fail(cause?: Error): void {
    const pending = this.#pending
    const begun = this.#size > 0
    this.#forget()
    this.close()
    pending?.reject(
      begun
        ? new ClamdError('PROTOCOL', `${this.#where}: the reply is cut short`, { cause })
        : new ClamdError('UNREACHABLE', `${this.#where}: the connection was lost before a reply came`, { cause }),
    )
  }

  #forget(): void {
    this.#pending = undefined
    this.#parts = []
    this.#size = 0
  }

  /** Only a refusal or an error may come without a number: then it is about the session, which ends. */
  #strip(reply: string): string {
    const number = `${this.#asked}: `
    if (reply.startsWith(number)) return reply.slice(number.length)
    if (isRefusal(reply) || (isError(reply) && !/^\d+: /.test(reply))) {
      this.close()
      return reply
    }
    throw new ClamdError('PROTOCOL', `${this.#where}: not a reply to request ${this.#asked}: ${quote(reply)}`)
  }

  get #where(): string {
    return printAddress(this.address)
  }
}

function drained(socket: ClamdSocket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle)
      socket.off('close', settle)
      resolve()
    }
    socket.once('drain', settle)
    socket.once('close', settle)
    if (socket.destroyed) settle()
  })
}
