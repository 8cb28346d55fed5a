/** Chunk boundaries are never part of a message: the same bytes, cut differently. */
import type { Bytes } from '../contract.js'

/**
 * The bytes in chunks of the given sizes, taken in turn; one chunk when there are none. A size of 0 gives an empty chunk.
 * Each chunk is a copy and the caller's.
 */
export async function* anyChunking(bytes: Uint8Array, sizes: readonly number[] = []): Bytes {
  let offset = 0
  for (let turn = 0; offset < bytes.length && sizes.some((size) => size > 0); turn++) {
    const size = sizes[turn % sizes.length] ?? 0
    yield bytes.slice(offset, offset + size)
    offset += size
  }
  if (offset < bytes.length) yield bytes.slice(offset)
}
