/**
 * Reads replies (RFC 5321 §4.2.1) from a server that may be hostile: lines and replies have a greatest length, and all lines of a
 * reply have its code.
 */
import { parseReplyLine, type Reply } from './reply.js'

/** Bytes. RFC 5321 §4.5.3.1.5 allows 512 octets in a reply line; real servers send more. */
const LINE_LIMIT = 4096

/** Bytes in all lines of one reply. */
const REPLY_LIMIT = 64 * 1024

/** Characters that are shown of a line that is no reply. */
const SHOWN_LENGTH = 80

/** Thrown for what is no reply. What comes after it is not read. */
class ReplyError extends Error {
  readonly code = 'REPLY'
}

export class ReplyReader {
  #unread = ''
  /** The lines so far of a reply whose last line has not come yet. */
  #lines: string[] = []
  #code = 0
  #size = 0

  /** Calls `onReply` for each reply that ends in the chunk, in order. Throws `ReplyError`, and must not be used after that. */
  read(chunk: Buffer, onReply: (reply: Reply) => void): void {
    const lines = (this.#unread + chunk.toString('latin1')).split('\n')
    this.#unread = lines.pop() ?? ''
    for (const line of lines) {
      const reply = this.#readLine(line.endsWith('\r') ? line.slice(0, -1) : line)
      if (reply !== undefined) onReply(reply)
    }
    if (this.#unread.length > LINE_LIMIT) throw new ReplyError(`a reply line of more than ${LINE_LIMIT} bytes`)
  }

  #readLine(line: string): Reply | undefined {
    if (line.length > LINE_LIMIT) throw new ReplyError(`a reply line of more than ${LINE_LIMIT} bytes`)
    const part = parseReplyLine(line)
    if (part === undefined) throw new ReplyError(`no SMTP reply: ${JSON.stringify(line.slice(0, SHOWN_LENGTH))}`)
    const { code, last, text } = part
    if (this.#lines.length > 0 && code !== this.#code) {
      throw new ReplyError(`a reply with two codes, ${this.#code} and ${code}`)
    }
    this.#size += line.length
    if (this.#size > REPLY_LIMIT) throw new ReplyError(`a reply of more than ${REPLY_LIMIT} bytes`)
    this.#code = code
    this.#lines.push(text)
    if (!last) return undefined
    const reply = { code, lines: this.#lines }
    this.#lines = []
    this.#size = 0
    return reply
  }
}
