/** A log that is a file: one line an event, the time in front, appended at once so that a crash loses nothing. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { printLine } from './line.js'
import type { Log } from './log.js'

/**
 * `name` stands before every line, as syslog's tag does. The file is opened at the first line and stays open; a reload
 * opens it anew, as a rotated file needs. A file that cannot be written is passed over in silence.
 */
export function openFileLog(path: string, name: string): Log {
  let file: number | undefined
  return {
    write: (level, event, fields) => {
      try {
        file ??= openSync(path, 'a', 0o600)
        writeSync(file, `${new Date().toISOString()} ${name}[${process.pid}]: ${printLine(level, event, fields)}\n`)
      } catch {
        // Nobody is left to tell.
      }
    },
    close: async () => {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}
