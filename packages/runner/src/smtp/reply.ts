/** SMTP replies (RFC 5321 §4.2), read from lines and written again, byte by byte the same. */

export interface Reply {
  /** Three digits: 250, 451, … */
  readonly code: number
  /** The text of each line after code and separator, read as Latin-1 so that no byte is lost. */
  readonly lines: readonly string[]
}

/**
 * A line of a reply: `last` is false for `250-…`. Undefined when the line is none. Control characters become `?`: a CR or NUL
 * in the text would end a line, or a string, in the programs that get it next.
 */
export function parseReplyLine(
  line: string,
): { readonly code: number; readonly last: boolean; readonly text: string } | undefined {
  const match = /^([2-5][0-9][0-9])(?:([ -])(.*))?$/s.exec(line)
  if (match === null) return undefined
  return {
    code: Number(match[1]),
    last: match[2] !== '-',
    text: (match[3] ?? '').replace(/[^\t -~\x80-\xff]/g, '?'),
  }
}

/** The reply as it is sent, with CRLF; to be written as Latin-1. */
export function writeReply({ code, lines }: Reply): string {
  const last = lines.length - 1
  return lines.map((line, index) => `${code}${index < last ? '-' : ' '}${line}\r\n`).join('')
}

/** A reply of one line. */
export function makeReply(code: number, text: string): Reply {
  return { code, lines: [text] }
}

/** 2xx: done (RFC 5321 §4.2.1). */
export function isPositive(reply: Reply): boolean {
  return reply.code >= 200 && reply.code < 300
}

/** The reply on one line, for logs: `550 5.1.1 no such user`. */
export function printReply(reply: Reply): string {
  return `${reply.code} ${reply.lines.join(' ')}`
}

/** The RFC 3463 status of a reply, such as `5.7.1`; undefined when it has none. */
export function enhancedStatus(reply: Reply): string | undefined {
  return /^[245]\.\d{1,3}\.\d{1,3}(?= |$)/.exec(reply.lines[0] ?? '')?.[0]
}
