/**
 * The SMTP client of the tests: it says exactly what it is told to, also what no honest client would. Lines and content
 * are bytes; strings are written as UTF-8.
 */
import { connect as connectSocket, type Socket } from 'node:net'
import { patience } from './patience.js'

/** A port of 127.0.0.1, or the path of a UNIX socket. */
export type Address = number | string

export interface Reply {
  readonly code: number
  /** Without code, separator and CRLF; read as UTF-8. */
  readonly lines: readonly string[]
  /** As it came, CRLF included. */
  readonly raw: Buffer
}

export interface Letter {
  /** Without angle brackets; `''` is the null sender. */
  readonly sender: string
  readonly recipients: readonly string[]
  /** Canonical content: CRLF line ends, no dot-stuffing. */
  readonly bytes: Uint8Array | string
  /** What follows the path in MAIL: `SMTPUTF8`, `BODY=8BITMIME`, `RET=HDRS ENVID=x`. */
  readonly mail?: string
  /** What follows the path in every RCPT: `NOTIFY=NEVER`. */
  readonly rcpt?: string
}

export class SmtpError extends Error {
  override readonly name = 'SmtpError'
  readonly reply: Reply

  constructor(line: string, reply: Reply) {
    super(`${line}: ${reply.raw.toString('utf8').trimEnd()}`)
    this.reply = reply
  }
}

export interface Client extends AsyncDisposable {
  /** What the server said first. */
  readonly greeting: Reply
  /** The next reply. Throws when the connection ends or stays silent. */
  read(milliseconds?: number): Promise<Reply>
  /** Writes bytes as they are: no CRLF is added. */
  write(bytes: Uint8Array | string): void
  /** Writes a line and CRLF, and returns the reply, good or bad. */
  command(line: Uint8Array | string): Promise<Reply>
  /** As `command`, and throws `SmtpError` unless the reply is 2xx or 3xx. */
  expect(line: string): Promise<Reply>
  /** EHLO; returns the keyword lines. */
  ehlo(name?: string): Promise<readonly string[]>
  /** After 354: the content, dot-stuffed, its last line ended where it is not, and the final dot. Returns the reply. */
  content(bytes: Uint8Array | string): Promise<Reply>
  /** A whole transaction. Throws `SmtpError` for any bad reply before the final one, which it returns, good or bad. */
  send(letter: Letter): Promise<Reply>
  /** Says QUIT and waits for the end. */
  quit(): Promise<void>
  /** Ends the connection without a word. */
  close(): void
}

const crlf = Buffer.from('\r\n')

/** Connects and reads the greeting. */
export async function connect(address: Address): Promise<Client> {
  const socket =
    typeof address === 'number' ? connectSocket({ port: address, host: '127.0.0.1' }) : connectSocket({ path: address })
  socket.setNoDelay(true)
  const replies = new Replies(socket)
  const read = (milliseconds?: number): Promise<Reply> => replies.next(milliseconds)
  const write = (bytes: Uint8Array | string): void => void socket.write(bytes)
  const command = (line: Uint8Array | string): Promise<Reply> => {
    write(Buffer.concat([Buffer.from(line), crlf]))
    return read()
  }
  const expect = async (line: string): Promise<Reply> => {
    const reply = await command(line)
    if (reply.code >= 400) throw new SmtpError(line, reply)
    return reply
  }
  const content = (bytes: Uint8Array | string): Promise<Reply> => {
    write(stuff(Buffer.from(bytes)))
    return read()
  }
  const send = async ({ sender, recipients, bytes, mail, rcpt }: Letter): Promise<Reply> => {
    await expect(words(`MAIL FROM:<${sender}>`, mail))
    for (const recipient of recipients) await expect(words(`RCPT TO:<${recipient}>`, rcpt))
    await expect('DATA')
    return content(bytes)
  }
  const quit = async (): Promise<void> => {
    await command('QUIT')
    socket.destroy()
  }
  const greeting = await read().catch((error: unknown) => {
    socket.destroy()
    throw error
  })
  return {
    greeting,
    read,
    write,
    command,
    expect,
    ehlo: async (name = 'client.example.test') => (await expect(`EHLO ${name}`)).lines.slice(1),
    content,
    send,
    quit,
    close: () => void socket.destroy(),
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  }
}

/** One message in a session of its own. Returns the reply to the final dot; throws when it is not 2xx. */
export async function deliver(address: Address, letter: Letter): Promise<Reply> {
  const client = await connect(address)
  try {
    await client.ehlo()
    const reply = await client.send(letter)
    if (reply.code >= 300) throw new SmtpError('end of data', reply)
    await client.quit()
    return reply
  } finally {
    client.close()
  }
}

/** RFC 5321 §4.5.2: a dot at the start of a line is doubled; then CRLF.CRLF. */
export function stuff(bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  let from = 0
  for (let at = bytes[0] === 0x2e ? 0 : lineDot(bytes, 0); at !== -1; at = lineDot(bytes, at)) {
    pieces.push(bytes.subarray(from, at), Buffer.from('.'))
    from = at
  }
  pieces.push(bytes.subarray(from))
  const ended = bytes.length === 0 || bytes.subarray(-2).equals(crlf)
  return Buffer.concat([...pieces, Buffer.from(ended ? '.\r\n' : '\r\n.\r\n')])
}

/** Where the next line starts with a dot; -1 when none does. */
function lineDot(bytes: Buffer, from: number): number {
  const at = bytes.indexOf('\r\n.', from)
  return at === -1 ? -1 : at + 2
}

function words(command: string, parameters: string | undefined): string {
  return parameters === undefined ? command : `${command} ${parameters}`
}

/** Cuts what a server says into replies (RFC 5321 §4.2.1): the last line of one has a blank after its code. */
class Replies {
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

  next(milliseconds = patience): Promise<Reply> {
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
