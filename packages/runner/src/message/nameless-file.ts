/** A file whose name is removed as soon as it is open, so that nothing is left behind however the process ends. */
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bytes, CandyError } from '@candy/sdk'
import { errorText } from '../os/error-text.js'

/** Bytes that are read at a time. */
const BLOCK = 64 * 1024

/** How many files this process has made: no two share a name. */
let files = 0

/** Bytes in the files that this process has open. */
let openBytes = 0

/** How many bytes of messages this process holds in files now. */
export function spooledBytes(): number {
  return openBytes
}

export class NamelessFile {
  readonly #handle: FileHandle
  #size = 0
  /** The part of the size that counts as open. */
  #counted = 0

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Makes an empty file in the directory. Throws `SPOOL`. The caller closes it. */
  static async create(directory: string): Promise<NamelessFile> {
    const path = join(directory, `message-${process.pid}-${process.hrtime.bigint()}-${files++}`)
    try {
      const handle = await open(path, 'wx+', 0o600)
      await unlink(path)
      return new NamelessFile(handle)
    } catch (error) {
      throw spoolError(`no file can be made in ${directory}`, error)
    }
  }

  /** For a child process, which reads the file from its start. */
  get descriptor(): number {
    return this.#handle.fd
  }

  /** Length in bytes. */
  get size(): number {
    return this.#size
  }

  /** Writes at the end of the file and leaves the offset that the descriptor has at 0. Throws `SPOOL`. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle
        .write(bytes, done, bytes.length - done, this.#size)
        .catch((error: unknown) => {
          throw spoolError('the message cannot be kept', error)
        })
      done += bytesWritten
      this.#size += bytesWritten
      this.#counted += bytesWritten
      openBytes += bytesWritten
    }
  }

  /** Reads from a position to the end. Throws `SPOOL`, also once the file is closed. */
  async *read(from: number): Bytes {
    for (let position = from; position < this.#size; ) {
      const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, this.#size - position))
      const { bytesRead } = await this.#handle.read(block, 0, block.length, position).catch((error: unknown) => {
        throw spoolError('the message cannot be read back', error)
      })
      if (bytesRead === 0) throw new CandyError('SPOOL', 'the message was cut short')
      yield block.subarray(0, bytesRead)
      position += bytesRead
    }
  }

  close(): Promise<void> {
    openBytes -= this.#counted
    this.#counted = 0
    return this.#handle.close()
  }
}

function spoolError(what: string, cause: unknown): CandyError {
  return new CandyError('SPOOL', `${what}: ${errorText(cause)}`, { cause })
}
