/** Content with another header block: the edits of one group of filters, applied without copying the body. */
import type { Bytes, HeaderEdit } from '@candy/sdk'
import { editHeaders } from '@candy/sdk'
import type { Content } from './content.js'
import { editLargeHeader } from './edited-large.js'
import { headersWithin } from './header-block.js'

/** Applies edits to content. Gives the content itself back when they change nothing. Owns nothing: close the original. */
export async function editContent(content: Content, edits: readonly HeaderEdit[]): Promise<Content> {
  if (edits.length === 0) return content
  const block = await headersWithin(content)
  if (block === undefined) return editLargeHeader(content, edits)
  const edited = editHeaders(block, edits)
  if (Buffer.compare(block, edited) === 0) return content
  return new Edited(content, block.length, edited)
}

class Edited implements Content {
  readonly size: number
  readonly #original: Content
  readonly #bodyAt: number
  readonly #block: Uint8Array

  constructor(original: Content, bodyAt: number, block: Uint8Array) {
    this.#original = original
    this.#bodyAt = bodyAt
    this.#block = block
    this.size = block.length + original.size - bodyAt
  }

  async *open(from = 0): Bytes {
    if (from < this.#block.length) yield this.#block.slice(from)
    yield* this.#original.open(this.#bodyAt + Math.max(0, from - this.#block.length))
  }

  async headers(): Promise<Uint8Array> {
    return this.#block
  }
}
