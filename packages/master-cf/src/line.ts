/**
 * Splits a text into physical lines, and joins them to logical lines as Postfix does (master(5); src/util/readlline.c).
 *
 * A line that starts with white space continues the text before it, also across comments and blank lines. The line end is
 * not part of the joined text, a carriage return is. Text is Latin-1, with one character for each byte, so nothing is lost.
 */

/** A physical line with its line end. The sources of all lines, joined, are the file. */
export interface Line {
  readonly kind: 'blank' | 'comment' | 'text'
  readonly source: string
  readonly offset: number
  /** The number of the line, counted from 1. */
  readonly line: number
}

/** The lines of one entry, from its first to its last text line, comments and blank lines between them included. */
export interface LogicalLine {
  readonly lines: readonly Line[]
  /** The text lines joined, without line ends, comments and blank lines. */
  readonly text: string
  /** Converts an offset in `text` to the offset in the file. */
  offsetOf(at: number): number
}

/** isspace(3) in the C locale; Postfix's ISSPACE. */
const SPACE = '\t\n\v\f\r '

/** Whether Postfix's ISSPACE holds for the character; false for none. */
export function isSpace(character: string | undefined): boolean {
  return character !== undefined && character !== '' && SPACE.includes(character)
}

export function splitLines(text: string): readonly Line[] {
  const lines: Line[] = []
  for (let offset = 0; offset < text.length; ) {
    const end = lineEnd(text, offset)
    const source = text.slice(offset, end)
    let at = 0
    while (isSpace(source[at])) at++
    const kind = at === source.length ? 'blank' : source[at] === '#' ? 'comment' : 'text'
    lines.push({ kind, source, offset, line: lines.length + 1 })
    offset = end
  }
  return lines
}

/** Groups lines into entries. `stray` are continuation lines with nothing before them; Postfix warns of them and skips them. */
export function joinLines(lines: readonly Line[]): {
  readonly logical: readonly LogicalLine[]
  readonly stray: readonly Line[]
} {
  const groups: Line[][] = []
  const stray: Line[] = []
  let pending: Line[] = []
  for (const line of lines) {
    if (line.kind !== 'text') {
      pending.push(line)
      continue
    }
    const group = groups.at(-1)
    if (!isSpace(line.source[0])) groups.push([line])
    else if (group === undefined) stray.push(line)
    else for (const each of [...pending, line]) group.push(each)
    pending = []
  }
  return { logical: groups.map(joinGroup), stray }
}

function joinGroup(lines: readonly Line[]): LogicalLine {
  let text = ''
  const segments: { readonly at: number; readonly offset: number }[] = []
  for (const line of lines) {
    if (line.kind !== 'text') continue
    segments.push({ at: text.length, offset: line.offset })
    text += line.source.endsWith('\n') ? line.source.slice(0, -1) : line.source
  }
  const offsetOf = (at: number): number => {
    const segment = lastUpTo(segments, (candidate) => candidate.at <= at)
    return segment === undefined ? 0 : segment.offset + (at - segment.at)
  }
  return { lines, text, offsetOf }
}

/** The last item of a sorted list for which `holds`; binary search. */
export function lastUpTo<T>(items: readonly T[], holds: (item: T) => boolean): T | undefined {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const item = items[middle]
    if (item !== undefined && holds(item)) low = middle + 1
    else high = middle
  }
  return items[low - 1]
}

/** Where the physical line that holds `offset` starts. */
export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
}

/** Where the physical line that holds `offset` ends, its line end included. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset)
  return newline === -1 ? text.length : newline + 1
}

/** The line end the file uses, judged by its first line. */
export function lineBreak(text: string): '\n' | '\r\n' {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n'
}

/** The line end to add where the file ends without one, such that taking it away again gives the same bytes. */
export function finalBreak(text: string): '\n' | '\r\n' {
  return text.endsWith('\r') ? '\r\n' : lineBreak(text)
}
