/**
 * The files that candy is configured by, read so that none of them can do harm: a regular file alone, since a FIFO would
 * never end and a device might do something; of a bounded size; and text that is UTF-8 throughout, since a byte that is
 * silently replaced (U+FFFD) would make another address or another path of what the operator wrote.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { type Problem, reason } from './problem.js'

/** Bytes of a configuration file or a package.json at most. */
export const TEXT_LIMIT: number = 1024 ** 2

/** RFC 3629: the bytes before UTF-16 text, which some editors write. */
const UTF16_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]

/** What is wrong with a file as such, for people. */
export class FileError extends Error {}

/**
 * The bytes of a regular file, or its first `head` bytes. Links are followed. Throws FileError for anything else than a regular file and for one of
 * more than `limit` bytes, and what open(2) and read(2) throw.
 */
export function readRegular(path: string, limit: number = TEXT_LIMIT, head: number = limit): Buffer {
  // open(2): without O_NONBLOCK a FIFO waits for whoever writes to it.
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

/** The text of a configuration file. What keeps it from being read goes to `problems`, and then there is none. */
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
