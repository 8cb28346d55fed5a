/**
 * Requests and their replies on one connection, one after the other. clamd numbers the replies of a session (IDSESSION,
 * clamd(8)), so none can be taken for the answer to another request. It may answer and hang up before it has read everything
 * (over StreamMaxLength it does), so the reply is read from the start, beside the writing, and counts whatever became of it.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import type { Connection } from './connection.js'
import { ClamdError } from './error.js'
import type { Line } from './line.js'
import { isError, isRefusal, quote } from './reply.js'
import type { Batch } from './request.js'

/** The longest reply is the path of a command and a signature's name; more is not clamd. */
const REPLY_LIMIT = 16 * 1_024

const BEGIN: Uint8Array = Buffer.from('zIDSESSION\0')

/** Without its number. `complete` is false when it came before the whole request was written. */
export interface Answer {
  readonly text: string
  readonly complete: boolean
}

interface Waiter {
  resolve(reply: string): void
  reject(error: ClamdError): void
}

export class Session {
  readonly address: ServiceAddress
  readonly #socket: Line
  #asked = 0
  #waiter: Waiter | undefined
  /** What has come of a reply. */
  #parts: Buffer[] = []
  #size = 0

  /** Owns the connection's socket from now on. */
  constructor({ address, socket }: Connection) {
    this.address = address
    this.#socket = socket
    const lose = (cause?: Error): void => this.#lose(cause)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', lose)
    socket.on('error', lose)
    socket.on('close', () => lose())
  }

  /** Whether another request can be sent, as far as can be known. */
  get usable(): boolean {
    return !this.#socket.destroyed
  }

  /**
   * Sends the request and reads the reply up to its NUL; call it again only when that is done. The request is ended on every
   * path, and the session where its state is not known. Throws `UNREACHABLE` when the connection is lost before any reply,
   * `PROTOCOL` for a reply that is cut short, endless or not to this request, the signal's reason, or what the request throws.
   */
  async ask(request: AsyncIterable<Batch>, signal: AbortSignal | undefined): Promise<Answer> {
    this.#asked++
    const progress = { complete: false }
    const abort = (): void => this.close()
    signal?.addEventListener('abort', abort, { once: true })
    try {
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

  /** The session keeps no process alive while it waits for its next request, if it does. */
  rest(): void {
    this.#socket.unref()
  }

  /** Undoes `rest`. */
  rouse(): void {
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
      // Small writes succeed at once, without end: let what has come meanwhile be read, a reply above all.
      await turn()
      if (socket.destroyed || socket.isBroken) return
    }
  }

  /** The next reply without its NUL, as Latin-1: names of signatures have no charset. */
  #reply(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
      if (this.#socket.destroyed) this.#lose()
    })
  }

  #read(chunk: Buffer): void {
    const end = chunk.indexOf(0)
    this.#parts.push(end === -1 ? chunk : chunk.subarray(0, end))
    this.#size += chunk.length
    const waiter = this.#waiter
    // Nobody has asked for what comes now.
    if (waiter === undefined || (end !== -1 && end < chunk.length - 1)) this.close()
    if (end !== -1) {
      const text = Buffer.concat(this.#parts).toString('latin1')
      this.#forget()
      waiter?.resolve(text)
    } else if (this.#size > REPLY_LIMIT) {
      this.#forget()
      this.close()
      waiter?.reject(new ClamdError('PROTOCOL', `${this.#where}: the reply has no end`))
    }
  }

  #lose(cause?: Error): void {
    const waiter = this.#waiter
    const begun = this.#size > 0
    this.#forget()
    this.close()
    waiter?.reject(
      begun
        ? new ClamdError('PROTOCOL', `${this.#where}: the reply is cut short`, { cause })
        : new ClamdError('UNREACHABLE', `${this.#where}: the connection was lost before a reply came`, { cause }),
    )
  }

  #forget(): void {
    this.#waiter = undefined
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

function drained(socket: Line): Promise<void> {
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
