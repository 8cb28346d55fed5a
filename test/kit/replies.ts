/** What an SMTP server says, cut into replies (RFC 5321 §4.2.1): the last line of one has a blank after its code. */
import type { Socket } from 'node:net'
import { TIME_LIMIT } from './waiting.js'

export interface Reply {
  readonly code: number
  /** Without code, separator and CRLF; read as UTF-8. */
  readonly lines: readonly string[]
  /** As it came, CRLF included. */
  readonly raw: Buffer
}

export class Replies {
  readonly #ready: Reply[] = []
  readonly #waiting: Waiting[] = []
  #input: Buffer = Buffer.alloc(0)
  #ended: Error | undefined

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#input = Buffer.concat([this.#input, chunk])
      this.#cut()
    })
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the server closed the connection')))
  }

  next(milliseconds = TIME_LIMIT): Promise<Reply> {
    const reply = this.#ready.shift()
    if (reply !== undefined) return Promise.resolve(reply)
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the server stays silent')), milliseconds)
      this.#waiting.push({ resolve, reject, timer })
    })
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      reject(this.#ended)
    }
  }

  #cut(): void {
    const whole = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r\n/
    for (;;) {
      const found = whole.exec(this.#input.toString('latin1'))
      if (found === null) return
      const raw = this.#input.subarray(0, found[0].length)
      this.#input = this.#input.subarray(found[0].length)
      const lines = raw.toString('utf8').trimEnd().split('\r\n')
      this.#give({ code: Number(found[0].slice(0, 3)), lines: lines.map((line) => line.slice(4)), raw })
    }
  }

  #give(reply: Reply): void {
    const first = this.#waiting.shift()
    if (first === undefined) {
      this.#ready.push(reply)
      return
    }
    clearTimeout(first.timer)
    first.resolve(reply)
  }
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}
