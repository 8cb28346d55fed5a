/**
 * Replies on the way in (RFC 5321 §4.2.1), from a server that need not mean well: lines and replies have a greatest length,
 * and all lines of a reply have its code. A reply that contradicts itself says nothing that could be relied on.
 */
import { parseReplyLine, type Reply } from './reply.js'

/** Bytes. RFC 5321 §4.5.3.1.5 allows 512 octets in a reply line; real servers send more. */
const LINE_LIMIT = 4096

/** Bytes in all lines of one reply. */
const REPLY_LIMIT = 64 * 1024

/** Characters of what was no reply that are shown. */
const SHOWN = 80

/** Thrown for what is no reply. What stands behind it is not read. */
class ReplyFault extends Error {
  readonly code = 'REPLY'
}

export class ReplyReader {
  #unread = ''
  /** The lines so far of a reply that is still to end. */
  #lines: string[] = []
  #code = 0
  #size = 0

  /** Hands each reply that ends in the chunk to `hear`, in order. Throws `ReplyFault`, and is of no use after that. */
  read(chunk: Buffer, hear: (reply: Reply) => void): void {
    const lines = (this.#unread + chunk.toString('latin1')).split('\n')
    this.#unread = lines.pop() ?? ''
    for (const line of lines) {
      const reply = this.#readLine(line.endsWith('\r') ? line.slice(0, -1) : line)
      if (reply !== undefined) hear(reply)
    }
    if (this.#unread.length > LINE_LIMIT) throw new ReplyFault(`a reply line of more than ${LINE_LIMIT} bytes`)
  }

  #readLine(line: string): Reply | undefined {
    if (line.length > LINE_LIMIT) throw new ReplyFault(`a reply line of more than ${LINE_LIMIT} bytes`)
    const part = parseReplyLine(line)
    if (part === undefined) throw new ReplyFault(`no SMTP reply: ${JSON.stringify(line.slice(0, SHOWN))}`)
    const { code, last, text } = part
    if (this.#lines.length > 0 && code !== this.#code) {
      throw new ReplyFault(`a reply with two codes, ${this.#code} and ${code}`)
    }
    this.#size += line.length
    if (this.#size > REPLY_LIMIT) throw new ReplyFault(`a reply of more than ${REPLY_LIMIT} bytes`)
    this.#code = code
    this.#lines.push(text)
    if (!last) return undefined
    const reply = { code, lines: this.#lines }
    this.#lines = []
    this.#size = 0
    return reply
  }
}
