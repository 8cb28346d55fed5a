/** A log on a stream, such as standard error: for a person at a terminal, or for what runs a container. */
import { printLine, printStamped } from './line.js'
import type { Log } from './log.js'

/** With a name each line has the time and the name in front. The caller closes the stream. */
export function openStreamLog(stream: NodeJS.WritableStream, name?: string): Log {
  return {
    write: (level, event, fields) => {
      const line = name === undefined ? printLine(level, event, fields) : printStamped(name, level, event, fields)
      stream.write(`${line}\n`)
    },
    close: async () => {},
  }
}
