/** A log on a stream, such as standard error: for a person at a terminal, or for what runs a container. */
import { printLine, printStamped } from './line.js'
import type { Log } from './log.js'

/** With a name each line has the time and the name in front. The caller closes the stream. Lines that nobody reads any more are lost. */
export function openStreamLog(stream: NodeJS.WritableStream, name?: string): Log {
  // Unheard, the error of a stream whose reader has gone would end the process.
  const lose = (): void => {}
  stream.on('error', lose)
  return {
    write: (level, event, fields) => {
      const line = name === undefined ? printLine(level, event, fields) : printStamped(name, level, event, fields)
      stream.write(`${line}\n`)
    },
    close: async () => {
      stream.off('error', lose)
    },
  }
}
