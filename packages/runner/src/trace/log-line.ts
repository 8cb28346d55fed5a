/**
 * A line of a mail log: when, by which program, and what. Only the start of a line is written by the log itself; whatever
 * stands behind it may have been chosen by a stranger, and is never searched for something that looks like a start.
 */
import { parseTimestamp } from './timestamp.js'

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number
  /** The tag without its process id: `postfix/candy-in/smtpd`, `candy/serve`. */
  readonly program: string
  readonly text: string
}

/** A host, which candy's own log file does not have, and the tag with a process id. */
const HEADER = /^(?:[^\s[\]]+ )?([^\s[\]:]+)\[\d+\]: /

/** `written` is when the file was last written. Undefined for a line of another form. */
export function parseLogLine(line: string, written: number): LogLine | undefined {
  const timestamp = parseTimestamp(line, written)
  if (timestamp === undefined) return undefined
  const rest = line.slice(timestamp.length)
  const header = HEADER.exec(rest)
  if (header === null) return undefined
  const [{ length }, program = ''] = header
  return { time: timestamp.time, program, text: rest.slice(length) }
}
