/** Cuts bytes into chunks, to test that a filter does not depend on chunk boundaries. */
import type { Bytes } from '../contract.js'

/**
 * Yields the bytes in chunks of these sizes, which are used in turn; one chunk when there are no sizes. A size of 0 yields an empty
 * chunk. Each chunk is a copy, which the caller may change.
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
