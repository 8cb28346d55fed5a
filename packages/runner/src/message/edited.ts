/** A message with another header block: header edits applied without copying the body. */
import type { Bytes, HeaderEdit } from '@candy/sdk'
import { editHeaders } from '@candy/sdk'
import { lend, type MessageContent } from './content.js'
import { editLargeHeader } from './edited-large.js'
import { headersWithin } from './header-block.js'

/** Applies edits. Returns the content itself when they change nothing. The original stays the caller's to close. */
export async function editContent(content: MessageContent, edits: readonly HeaderEdit[]): Promise<MessageContent> {
  if (edits.length === 0) return content
  const block = await headersWithin(content)
  if (block === undefined) return editLargeHeader(content, edits)
  const edited = editHeaders(block, edits)
  if (Buffer.compare(block, edited) === 0) return content
  return new Edited(content, block.length, edited)
}

class Edited implements MessageContent {
  readonly size: number
  readonly #original: MessageContent
  /** Where in the original the header block ends. */
  readonly #bodyAt: number
  readonly #block: Uint8Array

  constructor(original: MessageContent, bodyAt: number, block: Uint8Array) {
    this.#original = original
    this.#bodyAt = bodyAt
    this.#block = block
    this.size = block.length + original.size - bodyAt
  }

  async *open(from = 0): Bytes {
    if (from < this.#block.length) yield this.#block.slice(from)
    yield* this.#original.open(this.#inOriginal(from))
  }

  async *lend(from = 0): Bytes {
    if (from < this.#block.length) yield this.#block.subarray(from)
    yield* lend(this.#original, this.#inOriginal(from))
  }

  async headers(): Promise<Uint8Array> {
    return this.#block
  }

  #inOriginal(from: number): number {
    return this.#bodyAt + Math.max(0, from - this.#block.length)
  }
}
