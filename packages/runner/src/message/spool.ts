/** A message received once: kept in memory while it is small, and in one file without a name when it is large. */
import type { Bytes } from '@candy/sdk'
import { CandyError } from '@candy/sdk'
import type { MessageContent } from './content.js'
import { readHeaderBlock } from './header-block.js'
import { NamelessFile } from './nameless-file.js'

const BLOCK = 64 * 1024
const FIRST_BLOCK = 4096
const NOTHING: Buffer = Buffer.alloc(0)

export interface SpoolOptions {
  /** Where a large message's file is made; only the runner's account may enter it. */
  readonly directory: string
  /** Bytes that a message may have in memory. */
  readonly memory: number
}

export interface Spool extends MessageContent {
  /** Frees memory and file. A reading that begins later, or is under way from the file, throws `SPOOL`. May be called again. */
  close(): Promise<void>
}

/** A message that is being received. Whoever has it finishes or closes it. */
export interface Intake {
  /**
   * Keeps a copy of the chunk. Returns something to wait for only when that takes time; it throws `SPOOL` when the chunk cannot
   * be kept (disk full, for example).
   */
  append(chunk: Uint8Array): Promise<void> | undefined
  /** The message is complete. Throws `SPOOL`, too. */
  finish(): Promise<Spool>
  /** Leaves nothing behind. May be called again; after `finish` it is the spool's own `close`. */
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
      const pending = intake.append(chunk)
      if (pending !== undefined) await pending
    }
    return await intake.finish()
  } catch (error) {
    await intake.close()
    throw error
  }
}

class BlockSpool implements Spool, Intake {
  size = 0
  readonly #options: SpoolOptions
  /** What is in memory; `#used` bytes of the last block are the message's. */
  #blocks: Buffer[] = []
  #last = NOTHING
  #used = 0
  #file: NamelessFile | undefined
  #closed = false
  #headers: Promise<Uint8Array> | undefined

  constructor(options: SpoolOptions) {
    this.#options = options
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    this.size += chunk.length
    let from = 0
    while (from < chunk.length) {
      if (this.#used === this.#last.length) this.#addBlock(chunk.length - from)
      const part = chunk.subarray(from, from + this.#last.length - this.#used)
      this.#last.set(part, this.#used)
      this.#used += part.length
      from += part.length
    }
    const written = this.#file?.size ?? 0
    return this.size > this.#options.memory && this.size - written >= BLOCK ? this.#flush() : undefined
  }

  async finish(): Promise<Spool> {
    if (this.size > this.#options.memory) {
      await this.#flush()
      this.#freeMemory()
    }
    return this
  }

  async *open(from = 0): Bytes {
    if (this.#closed) throw new CandyError('SPOOL', 'the message is no longer there')
    if (this.#file !== undefined) {
      yield* this.#file.read(from)
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
    this.#freeMemory()
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  #freeMemory(): void {
    this.#blocks = []
    this.#last = NOTHING
    this.#used = 0
  }

  #addBlock(wanted: number): void {
    const size = this.#blocks.length === 0 ? Math.min(BLOCK, Math.max(FIRST_BLOCK, wanted)) : BLOCK
    this.#last = Buffer.allocUnsafeSlow(size)
    this.#used = 0
    this.#blocks.push(this.#last)
  }

  async #flush(): Promise<void> {
    this.#file ??= await NamelessFile.create(this.#options.directory)
    for (const block of this.#blocks) {
      await this.#file.append(block.subarray(0, Math.min(block.length, this.size - this.#file.size)))
    }
    // The next bytes overwrite those that are in the file.
    this.#blocks = [this.#last]
    this.#used = 0
  }
}
