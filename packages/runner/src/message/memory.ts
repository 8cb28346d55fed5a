/**
 * Memory for the content of messages: all messages of this process together have no more of it than they are told, and what exceeds
 * that is in files (spool.ts). It comes in blocks that are used again, since new memory costs more than the bytes that are copied into
 * it, and since Node.js gives memory back only when it collects garbage.
 *
 * A message may hold as much as it leaves free. So a few that are large, or that do not come to their end, leave room for others.
 */

/** Bytes of a block that is used again. */
export const BLOCK: number = 64 * 1024

/** Bytes that a message may always have, unless all may have less: small messages never wait for a disk. */
const ALWAYS = BLOCK

/**
 * Blocks that no message needs now: as many as messages may have together. Were some left to the garbage collector, there would be more
 * of those that wait for it than of those that are kept.
 */
const spare: Buffer[] = []

/** Bytes that messages hold, by the directory of the files that take the rest. */
const held = new Map<string, number>()

/** The memory of one message. */
export class MessageMemory {
  readonly #directory: string
  readonly #limit: number
  #blocks: Buffer[] = []
  #own = 0

  /** `limit`: bytes that the messages of this process with the same directory may have together. */
  constructor(directory: string, limit: number) {
    this.#directory = directory
    this.#limit = limit
  }

  /** In the order in which they were taken. They must not be used any more after `free`. */
  get blocks(): readonly Buffer[] {
    return this.#blocks
  }

  /** Another block, of `size` bytes but no more than BLOCK; undefined when there is no memory left for this message. */
  take(size: number): Buffer | undefined {
    const length = Math.min(size, BLOCK)
    const own = this.#own + length
    if (own > Math.min(ALWAYS, this.#limit) && own > this.#limit - this.#held - length) return undefined
    const block = (length === BLOCK ? spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(length)
    this.#blocks.push(block)
    this.#own = own
    held.set(this.#directory, this.#held + length)
    return block
  }

  /** Gives all blocks back. May be called again. */
  free(): void {
    const left = this.#held - this.#own
    if (left > 0) held.set(this.#directory, left)
    else held.delete(this.#directory)
    this.#own = 0
    for (const block of this.#blocks.splice(0)) {
      if (block.length === BLOCK && spare.length * BLOCK < this.#limit) spare.push(block)
    }
  }

  get #held(): number {
    return held.get(this.#directory) ?? 0
  }
}
