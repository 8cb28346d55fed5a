/** A log that is a file: one line an event, the time in front, appended at once so that a crash loses nothing. */
import { appendFileSync } from 'node:fs'
import { printLine } from './line.js'
import type { Log } from './log.js'

/** `name` stands before every line, as syslog's tag does. A file that cannot be written is passed over in silence. */
export function openFileLog(path: string, name: string): Log {
  return {
    write: (level, event, fields) => {
      try {
        appendFileSync(
          path,
          `${new Date().toISOString()} ${name}[${process.pid}]: ${printLine(level, event, fields)}\n`,
        )
      } catch {
        // Nobody is left to tell.
      }
    },
    close: async () => {},
  }
}
