/**
 * Reads spamd's reply (spamd/PROTOCOL in SpamAssassin's source): a status line with an exit status of sysexits.h, and,
 * after exit status 0, header lines, an empty line and a body.
 *
 * Which part ends a reply depends on the command: the status line ends the reply to PING, the empty line that to TELL, and
 * Content-length bytes of body that to SYMBOLS. After any other exit status than 0, the status line is the whole reply. When
 * spamd closes the connection before that part is complete, it is an error: half a reply must not look like a clean message.
 */
import { SpamdError, type SpamdErrorCode } from './error.js'

/** The part that ends the reply. */
export type ReplyEnd = 'status' | 'headers' | 'body'

export interface Reply {
  /** The protocol's version, such as `1.5`. */
  readonly version: string
  /** The names are in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

/** Bytes: far more than the names of all rules, or than the header of the test message of check.ts. */
const REPLY_LIMIT = 256 * 1024

const LF = 10

/** The names of the exit statuses of sysexits.h, from 64 on; the last, EX_TIMEOUT, is spamd's own. */
const EXIT_NAMES =
  'USAGE DATAERR NOINPUT NOUSER NOHOST UNAVAILABLE SOFTWARE OSERR OSFILE CANTCREAT IOERR TEMPFAIL PROTOCOL NOPERM CONFIG TIMEOUT'
    .split(' ')
    .map((name) => `EX_${name}`)

/** The exit statuses that do not mean `PROTOCOL`. */
const EXIT_CODES: Readonly<Record<string, SpamdErrorCode>> = {
  EX_UNAVAILABLE: 'UNREACHABLE',
  EX_OSERR: 'UNREACHABLE',
  EX_TEMPFAIL: 'UNREACHABLE',
  EX_TIMEOUT: 'LIMIT',
}

/** Reads a reply from chunks of any size. Every method throws a `SpamdError` for bytes that are not a reply. */
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

  /** Call this when spamd has closed the connection. Returns the reply when its body has no Content-length, and so ends here. */
  close(): Reply {
    if (this.#part === 'body' && this.#contentLength() === undefined) return this.#reply()
    throw new SpamdError(
      'PROTOCOL',
      this.#size === 0 ? 'closed without an answer' : 'closed in the middle of its answer',
    )
  }

  #pushBody(bytes: Uint8Array): Reply | undefined {
    const length = this.#contentLength()
    const part = length === undefined ? bytes : bytes.subarray(0, length - this.#bodySize)
    // A copy: Node.js may use the chunk's memory again.
    this.#body.push(part.slice())
    this.#bodySize += part.length
    this.#count(part)
    return this.#bodySize === length ? this.#reply() : undefined
  }

  /** Reads one whole line. Returns whether this line completes the reply. */
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
    if (this.#size > REPLY_LIMIT) throw new SpamdError('PROTOCOL', `an answer of more than ${REPLY_LIMIT} bytes`)
  }

  #reply(): Reply {
    return { version: this.#version, headers: this.#headers, body: Buffer.concat(this.#body) }
  }
}

/** The protocol's version, from the status line. Throws for any other exit status than 0. */
function parseStatus(line: string): string {
  const [, version, code, text] = /^SPAMD\/(\d+\.\d+) +(\d{1,3})(?: +(.*))?$/.exec(line) ?? []
  if (version === undefined) throw nonsense('status line', line)
  if (Number(code) === 0) return version
  const name = EXIT_NAMES[Number(code) - 64] ?? `code ${code}`
  throw new SpamdError(EXIT_CODES[name] ?? 'PROTOCOL', `${name}: ${text ?? ''}`)
}

/** An error that quotes the first characters of the text that could not be read. */
export function nonsense(what: string, text: string): SpamdError {
  return new SpamdError('PROTOCOL', `not a ${what}: ${JSON.stringify(text.slice(0, 80))}`)
}
