/** A log for a person at a terminal: lines on a stream, such as standard error. */
import { printLine } from './line.js'
import type { Log } from './log.js'

/** The caller closes the stream. */
export function openStreamLog(stream: NodeJS.WritableStream): Log {
  return {
    write: (level, event, fields) => {
      stream.write(`${printLine(level, event, fields)}\n`)
    },
    close: async () => {},
  }
}
