/** Functions that make and read `Bytes`. */
import { isUint8Array } from 'node:util/types'
import type { Bytes } from './contract.js'
import { CandyError } from './error.js'

/** Text as UTF-8 bytes, in one chunk. */
export async function* fromString(text: string): Bytes {
  yield new TextEncoder().encode(text)
}

/** Several sequences, one after another. A later one is not opened before the earlier one has ended. */
export async function* concat(...parts: readonly Bytes[]): Bytes {
  for (const part of parts) yield* part
}

/**
 * All bytes in one array. Holds the whole message in memory: for tests and small messages.
 * Throws, after ending the sequence, a RangeError when there are more than `limit` bytes, and `CONTENT` for a chunk that is
 * not a Uint8Array, as a stream in text mode gives them.
 */
export async function collect(bytes: Bytes, limit: number = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    if (!isUint8Array(chunk)) throw new CandyError('CONTENT', `a chunk is a Uint8Array, not a ${typeof chunk}`)
    size += chunk.byteLength
    if (size > limit) throw new RangeError(`more than ${limit} bytes`)
    chunks.push(chunk)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}
