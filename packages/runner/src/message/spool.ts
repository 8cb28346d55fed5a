/**
 * A message received once: in memory while small, in one file when large. The file has no name from the moment it is
 * open, so nothing is left behind however the process ends.
 */
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bytes } from '@candy/sdk'
import { CandyError } from '@candy/sdk'
import type { Content } from './content.js'
import { readHeaderBlock } from './header-block.js'

const BLOCK = 64 * 1024
const NOTHING: Buffer = Buffer.alloc(0)

export interface SpoolOptions {
  /** Where a large message's file is made; only the runner's account may enter it. */
  readonly directory: string
  /** Bytes that a message may have in memory. */
  readonly memory: number
}

export interface Spool extends Content {
  /** Gives memory and file back; a reading begun later, or under way from the file, fails with `SPOOL`. May be called again. */
  close(): Promise<void>
}

/** A message that is coming in. Whoever has it finishes or closes it. */
export interface Intake {
  /**
   * Keeps a copy of the chunk. Gives something to wait for where that takes time; it throws `SPOOL` when the chunk cannot be
   * kept (disk full, say).
   */
  append(chunk: Uint8Array): Promise<void> | undefined
  /** The message is whole. Throws `SPOOL`, too. */
  finish(): Promise<Spool>
  /** Leaves nothing behind. May be called again, and after `finish` is the spool's own. */
  close(): Promise<void>
}

export function startIntake(options: SpoolOptions): Intake {
  return new BlockSpool(options)
}

/** Reads `bytes` to the end. Throws `SPOOL` when they cannot be kept; then nothing is left behind. */
export async function receive(bytes: Bytes, options: SpoolOptions): Promise<Spool> {
  const intake = startIntake(options)
  try {
    for await (const chunk of bytes) {
      const kept = intake.append(chunk)
      if (kept !== undefined) await kept
    }
    return await intake.finish()
  } catch (error) {
    await intake.close()
    throw error
  }
}

/** No two files of one process share a name, and a name is gone as soon as its file is open. */
let files = 0

/** A file of the spool that has no name any more. Whoever asks for it closes it. */
export async function openNameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `message-${process.pid}-${process.hrtime.bigint()}-${files++}`)
  try {
    const file = await open(path, 'wx+', 0o600)
    await unlink(path)
    return file
  } catch (error) {
    throw spoolError(`no file can be made in ${directory}`, error)
  }
}

class BlockSpool implements Spool, Intake {
  size = 0
  readonly #options: SpoolOptions
  #blocks: Buffer[] = []
  #last = NOTHING
  #used = 0
  #file: FileHandle | undefined
  #written = 0
  #closed = false
  #headers: Promise<Uint8Array> | undefined

  constructor(options: SpoolOptions) {
    this.#options = options
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    this.size += chunk.length
    let from = 0
    while (from < chunk.length) {
      if (this.#used === this.#last.length) this.#grow(chunk.length - from)
      const part = chunk.subarray(from, from + this.#last.length - this.#used)
      this.#last.set(part, this.#used)
      this.#used += part.length
      from += part.length
    }
    return this.size > this.#options.memory && this.size - this.#written >= BLOCK ? this.#flush() : undefined
  }

  async finish(): Promise<Spool> {
    if (this.size > this.#options.memory) {
      await this.#flush()
      this.#forget()
    }
    return this
  }

  async *open(from = 0): Bytes {
    if (this.#closed) throw new CandyError('SPOOL', 'the message is no longer there')
    if (this.#file !== undefined) {
      yield* this.#readFile(this.#file, from)
      return
    }
    let start = 0
    for (const block of this.#blocks) {
      const part = block.subarray(Math.max(0, from - start), Math.min(block.length, this.size - start))
      // A copy: what a filter does to its chunk must not reach the message.
      if (part.length > 0) yield new Uint8Array(part)
      start += block.length
    }
  }

  headers(): Promise<Uint8Array> {
    this.#headers ??= readHeaderBlock(this.open())
    return this.#headers
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#forget()
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  #forget(): void {
    this.#blocks = []
    this.#last = NOTHING
    this.#used = 0
  }

  #grow(wanted: number): void {
    const size = this.#blocks.length === 0 ? Math.min(BLOCK, Math.max(4096, wanted)) : BLOCK
    this.#last = Buffer.allocUnsafeSlow(size)
    this.#used = 0
    this.#blocks.push(this.#last)
  }

  async #flush(): Promise<void> {
    this.#file ??= await openNameless(this.#options.directory)
    for (const block of this.#blocks) {
      await writeAll(this.#file, block.subarray(0, Math.min(block.length, this.size - this.#written)), this.#written)
      this.#written += Math.min(block.length, this.size - this.#written)
    }
    // The next bytes go where written ones stood.
    this.#blocks = [this.#last]
    this.#used = 0
  }

  async *#readFile(file: FileHandle, from: number): Bytes {
    let position = from
    while (position < this.size) {
      const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, this.size - position))
      const { bytesRead } = await file.read(block, 0, block.length, position).catch((error: unknown) => {
        throw spoolError('the message cannot be read back', error)
      })
      if (bytesRead === 0) throw new CandyError('SPOOL', 'the message was cut short')
      yield block.subarray(0, bytesRead)
      position += bytesRead
    }
  }
}

/** Writes at a position, leaving the file's own offset alone: a child that inherits the file reads from its start. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await file
      .write(bytes, done, bytes.length - done, position + done)
      .catch((error: unknown) => {
        throw spoolError('the message cannot be kept', error)
      })
    done += bytesWritten
  }
}

function spoolError(what: string, cause: unknown): CandyError {
  return new CandyError('SPOOL', `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
}
