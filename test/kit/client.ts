/**
 * The SMTP client of the tests: it says exactly what it is told to, also what no honest client would. Lines and content
 * are bytes; strings are written as UTF-8.
 */
import { connect as connectSocket } from 'node:net'
import { Replies, type Reply } from './replies.js'

/** A port of 127.0.0.1, or the path of a UNIX socket. */
export type Address = number | string

export interface Mail {
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
  content(bytes: Uint8Array | string, milliseconds?: number): Promise<Reply>
  /** A whole transaction. Throws `SmtpError` for any bad reply before the final one, which it returns, good or bad. */
  send(mail: Mail, milliseconds?: number): Promise<Reply>
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
  const content = (bytes: Uint8Array | string, milliseconds?: number): Promise<Reply> => {
    write(stuff(Buffer.from(bytes)))
    return read(milliseconds)
  }
  const send = async ({ sender, recipients, bytes, mail, rcpt }: Mail, milliseconds?: number): Promise<Reply> => {
    await expect(words(`MAIL FROM:<${sender}>`, mail))
    for (const recipient of recipients) await expect(words(`RCPT TO:<${recipient}>`, rcpt))
    await expect('DATA')
    return content(bytes, milliseconds)
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
export async function deliver(address: Address, mail: Mail): Promise<Reply> {
  const client = await connect(address)
  try {
    await client.ehlo()
    const reply = await client.send(mail)
    if (reply.code >= 300) throw new SmtpError('end of data', reply)
    await client.quit()
    return reply
  } finally {
    client.close()
  }
}

/** RFC 5321 §4.5.2: a dot at the start of a line is doubled; then CRLF.CRLF. */
function stuff(bytes: Buffer): Buffer {
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
