/** The few things one does with Bytes. */
import type { Bytes } from './contract.js'

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
 * Throws a RangeError, after ending the sequence, when there are more than `limit` bytes.
 */
export async function collect(bytes: Bytes, limit: number = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
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
