/**
 * A log that is a file: one line an event, the time in front, appended at once so that a crash loses nothing. Several
 * processes append to one file; each finds out by itself that the file was rotated, so nobody has to be told.
 */
import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs'
import { errorText } from '../os/error-text.js'
import { printLine } from './line.js'
import type { Log, LogFields, LogLevel } from './log.js'

/** Milliseconds between two looks at whether the path still names the file that is open. */
const LOOK = 1_000

/**
 * `name` stands before every line, as syslog's tag does. Throws the error of open(2) when the file cannot be opened. When
 * it can no longer be written (full disk, directory gone), lines go to `fallback`, and back to the file once it can be.
 */
export function openFileLog(path: string, name: string, fallback: Log): Log {
  let file: number | undefined = open(path)
  let looked = performance.now()

  const append = (level: LogLevel, event: string, fields?: LogFields): void => {
    const now = performance.now()
    if (file === undefined || (now - looked > LOOK && !isOpen(path, file))) {
      close()
      file = open(path)
    }
    if (now - looked > LOOK) looked = now
    writeLine(file, `${new Date().toISOString()} ${name}[${process.pid}]: ${printLine(level, event, fields)}\n`)
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
  const there = statSync(path, { throwIfNoEntry: false })
  const { dev, ino } = fstatSync(file)
  return there !== undefined && there.dev === dev && there.ino === ino
}

/** A disk that fills up takes a part of a line. */
function writeLine(file: number, line: string): void {
  const bytes = Buffer.from(line)
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}
