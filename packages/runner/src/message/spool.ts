/**
 * A message received once: kept in memory while there is room for it (memory.ts), and from then on in one file without a name
 * (nameless-file.ts).
 */
import { type Bytes, CandyError } from '@candy/sdk'
import type { MessageContent } from './content.js'
import { readHeaderBlock } from './header-block.js'
import { BLOCK, MessageMemory } from './memory.js'
import { NamelessFile } from './nameless-file.js'

/** Bytes of the first block at least; most messages are small. */
const FIRST_BLOCK = 4096

/** Bytes that are written to the file at a time. */
const WRITE = 4 * BLOCK

const NOTHING: Buffer = Buffer.alloc(0)

export interface SpoolOptions {
  /** Where a large message's file is made; only the runner's account may enter it. */
  readonly directory: string
  /** Bytes that all messages of this process with the same directory may have in memory together. */
  readonly memory: number
}

export interface Spool extends MessageContent {
  /** Frees memory and file. A reading that begins later, or is under way, throws `SPOOL`. May be called again. */
  close(): Promise<void>
}

/** A message that is being received. Whoever has it finishes or closes it. */
export interface Intake {
  /**
   * Keeps a copy of the chunk, whose memory is the caller's again when this returns. Returns something to wait for only when keeping it
   * takes time; it throws `SPOOL` when the chunk cannot be kept (disk full, for example).
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
  readonly #directory: string
  /** The beginning of the message, of which the last block may be full only in part. */
  readonly #memory: MessageMemory
  /** The block that is being filled, and how much of it is. Once there is no more memory it is what is to be written to the file. */
  #last = NOTHING
  #used = 0
  /** Bytes of the message that are in memory; all, unless there was no room for more. */
  #inMemory = Number.POSITIVE_INFINITY
  /** What follows. */
  #file: NamelessFile | undefined
  #closed = false
  #headers: Promise<Uint8Array> | undefined

  constructor({ directory, memory }: SpoolOptions) {
    this.#directory = directory
    this.#memory = new MessageMemory(directory, memory)
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    for (let from = 0; from < chunk.length; ) {
      if (this.#used === this.#last.length && !this.#addBlock(chunk.length - from)) {
        const rest = Buffer.from(chunk.subarray(from))
        return this.#writeOut().then(() => this.append(rest))
      }
      const part = chunk.subarray(from, from + this.#last.length - this.#used)
      this.#last.set(part, this.#used)
      this.#used += part.length
      this.size += part.length
      from += part.length
    }
    return undefined
  }

  async finish(): Promise<Spool> {
    if (this.size > this.#inMemory) {
      await this.#writeOut()
      this.#last = NOTHING
    }
    return this
  }

  async *open(from = 0): Bytes {
    for (const part of this.#partsInMemory(from)) {
      this.#assertOpen()
      // A copy: what a filter does to its chunk must not reach the message.
      yield new Uint8Array(part)
    }
    yield* this.#readFile(from)
  }

  async *lend(from = 0): Bytes {
    for (const part of this.#partsInMemory(from)) {
      this.#assertOpen()
      yield part
    }
    yield* this.#readFile(from)
  }

  headers(): Promise<Uint8Array> {
    this.#headers ??= readHeaderBlock(this.lend())
    return this.#headers
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#memory.free()
    this.#last = NOTHING
    this.#used = 0
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  #assertOpen(): void {
    if (this.#closed) throw new CandyError('SPOOL', 'the message is no longer there')
  }

  *#partsInMemory(from: number): Iterable<Uint8Array> {
    const end = Math.min(this.size, this.#inMemory)
    let start = 0
    for (const block of this.#memory.blocks) {
      const part = block.subarray(Math.max(0, from - start), Math.max(0, end - start))
      if (part.length > 0) yield part
      start += block.length
    }
  }

  #readFile(from: number): Bytes {
    this.#assertOpen()
    return this.#file?.read(Math.max(0, from - this.#inMemory)) ?? noBytes()
  }

  /** Returns false when the block that was filled must be written to the file first. */
  #addBlock(wanted: number): boolean {
    if (this.#inMemory !== Number.POSITIVE_INFINITY) return false
    const block = this.#memory.take(this.size === 0 ? Math.max(FIRST_BLOCK, wanted) : BLOCK)
    if (block === undefined) this.#inMemory = this.size
    this.#last = block ?? Buffer.allocUnsafeSlow(WRITE)
    this.#used = 0
    return true
  }

  async #writeOut(): Promise<void> {
    this.#file ??= await NamelessFile.create(this.#directory)
    await this.#file.append(this.#last.subarray(0, this.#used))
    this.#used = 0
  }
}

async function* noBytes(): Bytes {}
