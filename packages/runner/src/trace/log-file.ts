/**
 * A log file, compressed or not. Only regular files are read, so that no FIFO blocks and no device is touched. candy's own log
 * lies in a directory where the account candy may put links to files that only root may read; there no link is followed.
 */
import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs'
import { errorText } from '../os/error-text.js'
import { decompressed } from './compression.js'
import { type LogSource, SourceError } from './source.js'

/** Bytes that are read at a time. */
const CHUNK = 1024 * 1024

/** Throws SourceError when it cannot be opened. */
export function logFile(path: string, followLinks: boolean): LogSource {
  const file = open(path, followLinks)
  try {
    return { name: path, written: fstatSync(file).mtimeMs, read: () => read(path, followLinks) }
  } finally {
    closeSync(file)
  }
}

async function* read(path: string, followLinks: boolean): AsyncGenerator<Uint8Array> {
  const file = open(path, followLinks)
  const bytes = createReadStream('', { fd: file, autoClose: true, highWaterMark: CHUNK })
  try {
    yield* decompressed(path, bytes)
  } finally {
    bytes.destroy()
  }
}

function open(path: string, followLinks: boolean): number {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants
  let file: number
  try {
    file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (followLinks ? 0 : O_NOFOLLOW))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') throw new SourceError('permission denied', true)
    if (code === 'ENOENT') throw new SourceError('no such file')
    if (code === 'ELOOP') throw new SourceError('a symbolic link, which is not followed here')
    throw new SourceError(errorText(error))
  }
  if (fstatSync(file).isFile()) return file
  closeSync(file)
  throw new SourceError('not a regular file')
}
