/**
 * One connection to the sink. Input may be pipelined (RFC 2920) and cut anywhere; bytes are never turned into text but to
 * look at a command word. Replies of one segment leave in one write, else Nagle's algorithm would time the benchmarks.
 */
import type { Socket } from 'node:net'
import type { Received } from './sink.js'

/** Where a fault can strike. `content` is while the message comes in, `dot` after its end. */
export type Stage = 'connect' | 'ehlo' | 'xforward' | 'mail' | 'rcpt' | 'data' | 'content' | 'dot' | 'rset' | 'quit'

/** A reply line, silence, or a closed connection. */
export type Fault = `${4 | 5}${string}` | 'stall' | 'close'

type Taken = Omit<Received, 'session' | 'at'>

const lineEnd = Buffer.from('\r\n')
const endOfData = Buffer.from('\r\n.\r\n')
const dotAtStart = Buffer.from('.\r\n')
const stuffed = Buffer.from('\r\n.')
const nothing = Buffer.alloc(0)

export class SinkSession {
  readonly #socket: Socket
  readonly #keywords: readonly string[]
  readonly #fault: (stage: Stage, line: Buffer) => Fault | undefined
  readonly #receive: (message: Taken) => void
  #transcript: Buffer[] = []
  #input: Buffer = nothing
  #content: Buffer[] | undefined
  /** Bytes of a chunk that are still to come (RFC 3030); absent while content ends in a dot. */
  #left: number | undefined
  #mail: Buffer | undefined
  #rcpts: Buffer[] = []
  #replies = ''
  /** Nothing more is answered: a fault struck, or QUIT was said. */
  #silent = false

  constructor(
    socket: Socket,
    keywords: readonly string[],
    fault: (stage: Stage, line: Buffer) => Fault | undefined,
    receive: (message: Taken) => void,
  ) {
    this.#socket = socket
    this.#keywords = keywords
    this.#fault = fault
    this.#receive = receive
    this.#answer('connect', nothing, '220 sink.example.test ESMTP')
    this.#flush()
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  #take(chunk: Buffer): void {
    if (this.#silent) return
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk])
    while (!this.#silent && (this.#content === undefined ? this.#takeLine() : this.#takeContent()));
    this.#flush()
  }

  #takeLine(): boolean {
    const end = this.#input.indexOf(lineEnd)
    if (end === -1) return false
    const line = Buffer.from(this.#input.subarray(0, end))
    this.#input = this.#input.subarray(end + 2)
    this.#transcript.push(line)
    this.#command(line)
    return true
  }

  #command(line: Buffer): void {
    const verb = line.toString('latin1', 0, 8).split(' ')[0]?.toUpperCase()
    if (verb === 'EHLO' || verb === 'HELO') {
      this.#reset()
      const lines = verb === 'EHLO' ? ['sink.example.test', ...this.#keywords] : ['sink.example.test']
      const reply = lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n')
      this.#answer('ehlo', line, reply)
    } else if (verb === 'XFORWARD') this.#answer('xforward', line, '250 2.0.0 Ok')
    else if (verb === 'MAIL') this.#takeMail(line)
    else if (verb === 'RCPT') this.#takeRcpt(line)
    else if (verb === 'DATA') this.#takeData(line)
    else if (verb === 'BDAT') this.#takeChunk(line)
    else if (verb === 'RSET') {
      this.#reset()
      this.#answer('rset', line, '250 2.0.0 Ok')
    } else if (verb === 'NOOP') this.#replies += '250 2.0.0 Ok\r\n'
    else if (verb === 'QUIT') {
      this.#answer('quit', line, '221 2.0.0 Bye')
      this.#flush()
      this.#silent = true
      this.#socket.end()
    } else this.#replies += '500 5.5.2 unknown command\r\n'
  }

  #takeMail(line: Buffer): void {
    if (this.#mail !== undefined) this.#replies += '503 5.5.1 nested MAIL\r\n'
    else if (this.#answer('mail', line, '250 2.1.0 Ok')) this.#mail = line
  }

  #takeRcpt(line: Buffer): void {
    if (this.#mail === undefined) this.#replies += '503 5.5.1 MAIL first\r\n'
    else if (this.#answer('rcpt', line, '250 2.1.5 Ok')) this.#rcpts.push(line)
  }

  #takeData(line: Buffer): void {
    if (this.#rcpts.length === 0) this.#replies += '554 5.5.1 no valid recipients\r\n'
    else if (this.#answer('data', line, '354 End data with <CR><LF>.<CR><LF>')) this.#content = []
  }

  /** RFC 3030 §2, for a message that is one chunk. Whatever becomes of it, its bytes are not commands. */
  #takeChunk(line: Buffer): void {
    const size = /^BDAT (\d+) LAST$/i.exec(line.toString('latin1'))?.[1]
    if (size === undefined) {
      this.#replies += '501 5.5.4 one chunk, please\r\n'
      return
    }
    this.#content = []
    this.#left = Number(size)
  }

  #takeContent(): boolean {
    const fault = this.#input.length > 0 ? this.#fault('content', nothing) : undefined
    if (fault !== undefined && !this.#strike(fault)) return false
    const kept = this.#content ?? []
    return this.#left === undefined ? this.#takeToDot(kept) : this.#takeBytes(kept, this.#left)
  }

  #takeBytes(kept: Buffer[], left: number): boolean {
    const taken = this.#input.subarray(0, left)
    kept.push(taken)
    this.#input = this.#input.subarray(taken.length)
    this.#left = left - taken.length
    if (this.#left > 0) return false
    this.#content = undefined
    this.#left = undefined
    const bytes = Buffer.concat(kept)
    if (this.#rcpts.length > 0) this.#finish(bytes, bytes)
    else this.#replies += '554 5.5.1 no valid recipients\r\n'
    return true
  }

  #takeToDot(kept: Buffer[]): boolean {
    if (this.#input.length === 0) return false
    const start = kept.length === 0 && this.#input.subarray(0, 3).equals(dotAtStart)
    const end = start ? 0 : this.#input.indexOf(endOfData)
    if (end === -1) {
      this.#wait(kept)
      return false
    }
    kept.push(this.#input.subarray(0, start ? 0 : end + 2))
    this.#input = this.#input.subarray(start ? 3 : end + 5)
    this.#content = undefined
    const raw = Buffer.concat(kept)
    this.#finish(raw, unstuff(raw))
    return true
  }

  /** Sets aside what cannot hold the beginning of the end, so that a large message is not searched again and again. */
  #wait(kept: Buffer[]): void {
    if (this.#input.length < 65_536) return
    kept.push(this.#input.subarray(0, -4))
    this.#input = Buffer.from(this.#input.subarray(-4))
  }

  #finish(raw: Buffer, bytes: Buffer): void {
    const mail = this.#mail ?? nothing
    const rcpts = this.#rcpts
    const transcript = this.#transcript
    this.#transcript = []
    this.#reset()
    if (!this.#answer('dot', mail, '250 2.0.0 Ok: kept')) return
    this.#receive({
      raw,
      bytes,
      mail,
      rcpts,
      sender: addressOf(mail),
      recipients: rcpts.map(addressOf),
      transcript,
    })
  }

  /** Whether the answer was the good one. */
  #answer(stage: Stage, line: Buffer, reply: string): boolean {
    const fault = this.#fault(stage, line)
    if (fault !== undefined) {
      this.#strike(fault)
      return false
    }
    this.#replies += `${reply}\r\n`
    return true
  }

  /** Whether the session goes on. */
  #strike(fault: Fault): boolean {
    if (fault !== 'stall' && fault !== 'close') {
      this.#replies += `${fault}\r\n`
      return true
    }
    this.#flush()
    this.#silent = true
    if (fault === 'close') this.#socket.destroySoon()
    return false
  }

  #reset(): void {
    this.#mail = undefined
    this.#rcpts = []
  }

  #flush(): void {
    if (this.#replies !== '' && this.#socket.writable) this.#socket.write(this.#replies, 'latin1')
    this.#replies = ''
  }
}

/** RFC 5321 §4.5.2: the first dot of a line goes away. */
function unstuff(raw: Buffer): Buffer {
  const pieces: Buffer[] = []
  let from = raw[0] === 0x2e ? 1 : 0
  for (let at = raw.indexOf(stuffed, from); at !== -1; at = raw.indexOf(stuffed, from)) {
    pieces.push(raw.subarray(from, at + 2))
    from = at + 3
  }
  if (pieces.length === 0) return from === 0 ? raw : raw.subarray(from)
  return Buffer.concat([...pieces, raw.subarray(from)])
}

/** What stands between `<` and the `>` that ends the path; a quoted local part may hold either (RFC 5321 §4.1.2). */
function addressOf(line: Buffer): string {
  return /^[^<]*<((?:"(?:[^"\\]|\\.)*"|[^>"])*)>/.exec(line.toString('utf8'))?.[1] ?? ''
}
