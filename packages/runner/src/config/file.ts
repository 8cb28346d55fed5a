/**
 * Reads configuration files safely. Only regular files are read, since a FIFO would block and reading a device might have an effect.
 * Their size is limited. A text must be UTF-8 throughout: if a wrong byte were replaced by U+FFFD, an address or a path would become
 * another one than the operator wrote.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { type Problem, reason } from './problem.js'

/** The largest size of a configuration file or a package.json: bytes. */
export const TEXT_LIMIT: number = 1024 ** 2

/** The byte order marks that some editors write before UTF-16 text. */
const UTF16_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]

/** The file is of the wrong kind or too large; the message says which. */
export class FileError extends Error {}

/**
 * Reads a regular file, or its first `head` bytes. Follows links. Throws FileError when it is not a regular file or has more than
 * `limit` bytes, and the error of the system call when it cannot be read.
 */
export function readRegular(path: string, limit: number = TEXT_LIMIT, head: number = limit): Buffer {
  // Without O_NONBLOCK, opening a FIFO waits until another process opens it for writing (open(2)).
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw new FileError('must be a regular file')
    if (stats.size > limit) throw new FileError(`is larger than ${limit} bytes`)
    const bytes = Buffer.alloc(Math.min(head, stats.size))
    let length = 0
    while (length < bytes.length) {
      const count = readSync(file, bytes, length, bytes.length - length, length)
      if (count === 0) break
      length += count
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

/** Reads the text of a configuration file. When it cannot be read, adds the reason to `problems` and returns undefined. */
export function readText(path: string, problems: Problem[]): string | undefined {
  let bytes: Buffer
  try {
    bytes = readRegular(path)
  } catch (error) {
    const what = error instanceof FileError ? error.message : `cannot be read: ${reason(error)}`
    problems.push({ file: path, what })
    return undefined
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    problems.push({ file: path, ...notUtf8(bytes) })
    return undefined
  }
}

function notUtf8(bytes: Buffer): Omit<Problem, 'file'> {
  if (UTF16_MARKS.some((mark) => bytes.subarray(0, 2).equals(mark))) {
    return { line: 1, column: 1, what: 'is UTF-16: save it as UTF-8' }
  }
  const lines = bytes.toString('utf8').split('\n')
  const line = lines.findIndex((text) => text.includes('\ufffd'))
  return { line: line + 1, column: (lines[line]?.indexOf('\ufffd') ?? 0) + 1, what: 'is not UTF-8: save it as UTF-8' }
}
