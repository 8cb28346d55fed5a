/**
 * Finds the lines of a log in which a pattern occurs. A log has millions of lines, and few are about one message: the bytes are
 * searched a megabyte at a time, as Latin-1, which is one character a byte, and a line is cut out only where the pattern is.
 */

/** The longest line that is kept together over two chunks. Syslog daemons cut at 8 KiB or somewhat later. */
const LINE_LIMIT = 1024 * 1024

export interface LineSearch {
  /** What to look for; it has the flag `g`, and may be another one after each line. */
  pattern(): RegExp
  onLine(line: string): void
}

/** The first and the last line; undefined where there is none. */
export interface Ends {
  readonly first: string | undefined
  readonly last: string | undefined
}

export async function findLines(chunks: AsyncIterable<Uint8Array>, search: LineSearch): Promise<Ends> {
  let first: string | undefined
  let last: string | undefined
  let rest = ''
  for await (const chunk of chunks) {
    const text = rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')
    const end = text.lastIndexOf('\n') + 1
    const lines = text.slice(0, end)
    rest = text.length - end > LINE_LIMIT ? '' : text.slice(end)
    if (end === 0) continue
    first ??= lines.slice(0, lines.indexOf('\n'))
    last = lines.slice(lines.lastIndexOf('\n', end - 2) + 1, end - 1)
    searchIn(lines, search)
  }
  if (rest !== '') {
    first ??= rest
    last = rest
    searchIn(`${rest}\n`, search)
  }
  return { first, last }
}

/** `lines` ends in a line end. */
function searchIn(lines: string, { pattern, onLine }: LineSearch): void {
  for (let start = 0; start < lines.length; ) {
    const now = pattern()
    now.lastIndex = start
    const match = now.exec(lines)
    if (match === null) return
    const from = lines.lastIndexOf('\n', match.index) + 1
    start = lines.indexOf('\n', match.index) + 1
    onLine(lines.slice(from, start - 1))
  }
}

/** A text as a regular expression that matches it. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
