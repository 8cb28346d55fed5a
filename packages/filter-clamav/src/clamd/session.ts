/**
 * Sends requests over one connection, one after the other, and reads their replies. clamd numbers the replies of a session
 * (IDSESSION, clamd(8)), so a reply cannot be taken for that to another request. clamd may reply and close the connection
 * before it has read the whole request, as it does when StreamMaxLength is exceeded. So the reply is read while the request is
 * written, and it counts even when writing failed.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { drained } from '@candy/sdk/failover'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import type { Connection } from './connection.js'
import { ClamdError } from './error.js'
import { isError, isRefusal, quote } from './reply.js'
import type { Batch } from './request.js'
import type { ClamdSocket } from './socket.js'

/** Bytes. A reply of clamd has at most a path and the name of a signature: a longer one is not clamd's. */
const MAX_REPLY = 16 * 1_024

const BEGIN: Uint8Array = Buffer.from('zIDSESSION\0')

/** The text of a reply, without its number. `complete` is false when the reply came before the whole request was written. */
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
   * Sends the request and reads the reply up to its NUL. Call it again only after it has settled. It ends the iteration of the
   * request in every case, and closes the session unless another request can follow.
   *
   * Throws `UNREACHABLE` when the connection is lost before any reply, and `PROTOCOL` for a reply that is cut short, too long or
   * not to this request. Throws the signal's reason when the signal aborts, and the error of the request's iteration.
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
      // Small writes succeed at once, and Node.js reads nothing between them: this lets it read a reply.
      await turn()
      if (socket.destroyed || socket.hasFailedWrite) return
    }
  }

  /** The next reply without its NUL. Read as Latin-1, because names of signatures have no charset. */
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
    // More bytes than the reply, or without a request: a later reply could be taken for that to another request.
    if (pending === undefined || (end !== -1 && end < chunk.length - 1)) this.close()
    if (end !== -1) {
      const text = Buffer.concat(this.#parts).toString('latin1')
      this.#forget()
      pending?.resolve(text)
    } else if (this.#size > MAX_REPLY) {
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

  /** The reply without its number. Only a refusal or an error may come without one: it is about the session, which is then closed. */
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
