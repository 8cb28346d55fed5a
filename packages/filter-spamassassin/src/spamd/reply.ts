/**
 * The reading of a spamd's reply (spamd/PROTOCOL in SpamAssassin's source): a status line with a code of sysexits.h, and,
 * after code 0, header lines, an empty line and a body.
 *
 * How a reply ends depends on the command: a PING's with its only line, a TELL's with the empty line, a SYMBOLS' after
 * Content-length bytes. With any other code than 0 the status line is all there is. A reply that ends before its end is
 * a fault: half an answer must not look like a clean message.
 */
import { type FaultKind, SpamdFault } from './fault.js'

/** After which part the reply is whole. */
export type ReplyEnd = 'status' | 'headers' | 'body'

export interface Reply {
  /** Of the protocol: `1.5`. */
  readonly version: string
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

/** Far more than a list of all rules there are, or than the header block of our own probe. */
const REPLY_LIMIT = 256 * 1024

const LF = 10

/** sysexits.h from 64 on, and spamd's own EX_TIMEOUT. */
const EXIT_NAMES =
  'USAGE DATAERR NOINPUT NOUSER NOHOST UNAVAILABLE SOFTWARE OSERR OSFILE CANTCREAT IOERR TEMPFAIL PROTOCOL NOPERM CONFIG TIMEOUT'
    .split(' ')
    .map((name) => `EX_${name}`)

/** Codes that speak of spamd and its host rather than of the request. */
const EXIT_KINDS: Readonly<Record<string, FaultKind>> = {
  EX_UNAVAILABLE: 'unreachable',
  EX_OSERR: 'unreachable',
  EX_TEMPFAIL: 'unreachable',
  EX_TIMEOUT: 'limit',
}

/** Reads a reply from chunks of any size. Every method throws a `SpamdFault` for bytes that are not a reply. */
export class ReplyReader {
  readonly #end: ReplyEnd
  readonly #headers = new Map<string, string>()
  readonly #body: Uint8Array[] = []
  #part: ReplyEnd = 'status'
  #line = ''
  #version = ''
  #size = 0
  #bodySize = 0

  constructor(end: ReplyEnd) {
    this.#end = end
  }

  /** Reads the next bytes. Returns the reply as soon as it is whole; the bytes after it are ignored. */
  push(chunk: Uint8Array): Reply | undefined {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#part === 'body') return this.#pushBody(rest)
      const end = rest.indexOf(LF) + 1
      const piece = end === 0 ? rest : rest.subarray(0, end)
      this.#line += Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1')
      this.#count(piece)
      if (end === 0) return undefined
      rest = rest.subarray(end)
      if (this.#readLine()) return this.#reply()
    }
    return undefined
  }

  /** spamd has closed the connection: gives a reply whose body has no Content-length. */
  close(): Reply {
    if (this.#part === 'body' && this.#contentLength() === undefined) return this.#reply()
    throw new SpamdFault(
      'protocol',
      this.#size === 0 ? 'closed without an answer' : 'closed in the middle of its answer',
    )
  }

  #pushBody(bytes: Uint8Array): Reply | undefined {
    const length = this.#contentLength()
    const part = length === undefined ? bytes : bytes.subarray(0, length - this.#bodySize)
    // The caller's chunk may be a buffer that is used again.
    this.#body.push(part.slice())
    this.#bodySize += part.length
    this.#count(part)
    return this.#bodySize === length ? this.#reply() : undefined
  }

  /** Reads one whole line. Returns whether the reply is whole with it. */
  #readLine(): boolean {
    const line = this.#line.replace(/\r?\n$/, '')
    this.#line = ''
    if (this.#part === 'status') {
      this.#version = parseStatus(line)
      this.#part = 'headers'
      return this.#end === 'status'
    }
    if (line === '') {
      this.#part = 'body'
      return this.#end === 'headers' || this.#contentLength() === 0
    }
    const [, name = '', value = ''] = /^([^\s:]+):(.*)$/s.exec(line) ?? []
    if (name === '' || this.#headers.has(name.toLowerCase())) throw nonsense('header line', line)
    this.#headers.set(name.toLowerCase(), value.trim())
    return false
  }

  #contentLength(): number | undefined {
    const text = this.#headers.get('content-length')
    if (text === undefined) return undefined
    if (!/^\d{1,9}$/.test(text)) throw nonsense('Content-length', text)
    return Number(text)
  }

  #count(bytes: Uint8Array): void {
    this.#size += bytes.length
    if (this.#size > REPLY_LIMIT) throw new SpamdFault('protocol', `an answer of more than ${REPLY_LIMIT} bytes`)
  }

  #reply(): Reply {
    return { version: this.#version, headers: this.#headers, body: Buffer.concat(this.#body) }
  }
}

/** The protocol version of a good status line; throws for any other code than EX_OK. */
function parseStatus(line: string): string {
  const [, version, code, text] = /^SPAMD\/(\d+\.\d+) +(\d{1,3})(?: +(.*))?$/.exec(line) ?? []
  if (version === undefined) throw nonsense('status line', line)
  if (Number(code) === 0) return version
  const name = EXIT_NAMES[Number(code) - 64] ?? `code ${code}`
  throw new SpamdFault(EXIT_KINDS[name] ?? 'protocol', `${name}: ${text ?? ''}`)
}

/** A fault that quotes the text it could not understand, cut to what fits into a log line. */
export function nonsense(what: string, text: string): SpamdFault {
  return new SpamdFault('protocol', `not a ${what}: ${JSON.stringify(text.slice(0, 80))}`)
}
