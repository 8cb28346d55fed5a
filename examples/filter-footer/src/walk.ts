/**
 * A message in its MIME pieces, in order and each with its place, by mailsplit.
 *
 * mailsplit loses or repeats bytes of some broken messages (a part that ends within its header), so what comes out of it is
 * held against what went in. Where a chunk ends within a line it does so in good messages too, and it collects a line until the
 * line ends: so it is given whole lines, and none that are overlong.
 */
import { pipeline } from 'node:stream/promises'
import type { Bytes } from '@candy/sdk'
import { type MimeNode, type Piece, Splitter } from 'mailsplit'

/** One piece of the message; `start` counts bytes from the message's first. */
export interface Placed {
  readonly type: Piece['type']
  readonly node: MimeNode
  readonly start: number
  readonly bytes: Buffer
}

/** This message cannot be taken apart reliably. Nothing is wrong with whoever reads it, so it is no reason to hold it up. */
export class Unsplittable extends Error {}

const LF = 10

/** Bytes; as good as always more than a line, for which RFC 5322 section 2.1.1 allows 998. */
const BLOCK = 64 * 1024

/** Takes the message apart. Throws `Unsplittable`, what reading the message throws, and the signal's reason. */
export async function* walk(message: Bytes, signal: AbortSignal): AsyncGenerator<Placed> {
  const splitter = new Splitter({ ignoreEmbedded: true })
  let unseen = Buffer.alloc(0)
  async function* watched(): Bytes {
    for await (const block of blocks(message)) {
      unseen = Buffer.concat([unseen, block])
      yield block
    }
  }
  const feeding = pipeline(watched(), splitter, { signal })
  // Whatever fails there destroys the splitter, and the loop below throws it.
  feeding.catch(() => undefined)
  try {
    let start = 0
    for await (const piece of splitter) {
      const bytes = (piece.type === 'node' ? piece.getHeaders() : piece.value) ?? Buffer.alloc(0)
      if (!unseen.subarray(0, bytes.length).equals(bytes)) throw new Unsplittable('its MIME structure is broken')
      unseen = unseen.subarray(bytes.length)
      yield { type: piece.type, node: piece.type === 'node' ? piece : piece.node, start, bytes }
      start += bytes.length
    }
    if (unseen.length > 0) throw new Unsplittable('its MIME structure is broken')
  } catch (error) {
    if (signal.aborted) throw signal.reason
    // mailsplit's own limits: a header of more than 1 MiB, more than 1000 parts.
    throw (error as { code?: unknown }).code === 'EMAXLEN' ? new Unsplittable(String(error)) : error
  } finally {
    splitter.destroy()
    await feeding.catch(() => undefined)
  }
}

/** The message in blocks that end with a line, cut at the same places whatever chunks it comes in. */
async function* blocks(message: Bytes): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of message) {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= BLOCK) {
      const end = rest.lastIndexOf(LF, BLOCK - 1) + 1
      if (end === 0) throw new Unsplittable(`it has a line of more than ${BLOCK} bytes`)
      yield rest.subarray(0, end)
      rest = rest.subarray(end)
    }
  }
  if (rest.length > 0) yield rest
}
