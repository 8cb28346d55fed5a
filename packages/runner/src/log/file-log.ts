/**
 * A log file: one line an event, with the time in front, appended at once so that a crash loses nothing. Several processes append
 * to one file, and each notices by itself when the file was rotated.
 */
import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs'
import { errorText } from '../os/error-text.js'
import { printStamped } from './line.js'
import type { Log, LogFields, LogLevel } from './log.js'

/** Milliseconds after which it is checked again whether the path still names the file that is open. */
const CHECK_INTERVAL = 1_000

/**
 * `name` stands before every line, as syslog's tag does. Throws the error of open(2) when the file cannot be opened. While it
 * cannot be written any more (the disk is full, the directory was removed), lines go to `fallback`.
 */
export function openFileLog(path: string, name: string, fallback: Log): Log {
  let file: number | undefined = open(path)
  let checkedAt = performance.now()

  const append = (level: LogLevel, event: string, fields?: LogFields): void => {
    const now = performance.now()
    if (file === undefined || (now - checkedAt > CHECK_INTERVAL && !isOpen(path, file))) {
      close()
      file = open(path)
    }
    if (now - checkedAt > CHECK_INTERVAL) checkedAt = now
    writeLine(file, `${printStamped(name, level, event, fields)}\n`)
  }
  const close = (): void => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  return {
    write: (level, event, fields) => {
      try {
        append(level, event, fields)
      } catch (error) {
        fallback.write(level, event, { ...fields, log: path, log_error: errorText(error) })
      }
    },
    close: async () => {
      close()
      await fallback.close()
    },
  }
}

function open(path: string): number {
  return openSync(path, 'a', 0o600)
}

function isOpen(path: string, file: number): boolean {
  const named = statSync(path, { throwIfNoEntry: false })
  const { dev, ino } = fstatSync(file)
  return named !== undefined && named.dev === dev && named.ino === ino
}

/** A write to a disk that is almost full may write a part of the line. */
function writeLine(file: number, line: string): void {
  const bytes = Buffer.from(line)
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}
