/**
 * Reads files of the quarantine. Filters run as the account that owns it, and other programs may have written there: a file may be a
 * link that leads elsewhere, a FIFO on which one would wait for ever, or larger than memory.
 */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { CandyError } from '@candy/sdk'
import { asSystemError } from '../os/system-error.js'

/** Opens a regular file for reading; follows no link. Throws `QUARANTINE` with what is wrong. */
export async function openRegular(path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: unknown) => {
    throw new CandyError('QUARANTINE', asSystemError(error)?.text ?? String(error), { cause: error })
  })
  const isFile = (await file.stat()).isFile()
  if (isFile) return file
  await file.close()
  throw new CandyError('QUARANTINE', `${path}: it is no regular file`)
}

/** The text of a regular file of at most `limit` bytes. Throws `QUARANTINE` with what is wrong. */
export async function readBounded(path: string, limit: number): Promise<string> {
  const file = await openRegular(path)
  try {
    const { size } = await file.stat()
    if (size > limit) throw new CandyError('QUARANTINE', `${path}: it is larger than ${limit} bytes`)
    const buffer = Buffer.alloc(size)
    const { bytesRead } = await file.read(buffer, 0, size, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
