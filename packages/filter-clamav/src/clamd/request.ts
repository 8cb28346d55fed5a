/**
 * What goes to clamd: `zINSTREAM`, then each chunk behind its length in four bytes, network byte order, then a length of
 * zero (clamd(8)). An empty chunk must never be sent: it would end the stream, and the rest would not be scanned.
 */

/** Parts to be written in one go. `last` is set on the batch that completes the request, before it is written. */
export interface Batch {
  readonly parts: readonly Uint8Array[]
  readonly last: boolean
}

/** Smaller chunks are gathered into frames of at least this size, larger than twice this are cut. */
const FRAME_BYTES = 64 * 1_024
const FRAME_LIMIT = 2 * FRAME_BYTES

const END: Uint8Array = new Uint8Array(4)

/** A command without data. `z` makes NUL end the command and its reply. */
export async function* command(name: 'PING' | 'VERSION'): AsyncGenerator<Batch, void, void> {
  yield { parts: [Buffer.from(`z${name}\0`)], last: true }
}

/** INSTREAM with these bytes. A small message is one batch. Throws a TypeError for a chunk that is not bytes. */
export async function* instream(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Batch, void, void> {
  let ready: Uint8Array[] = [Buffer.from('zINSTREAM\0')]
  let held: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a chunk of the message is not a Uint8Array')
    for (let at = 0; at < chunk.length; at += FRAME_LIMIT) {
      const piece = chunk.subarray(at, at + FRAME_LIMIT)
      held.push(piece)
      size += piece.length
      if (size < FRAME_BYTES) continue
      yield { parts: [...ready, ...frame(held, size)], last: false }
      ready = []
      held = []
      size = 0
    }
  }
  yield { parts: [...ready, ...frame(held, size), END], last: true }
}

/** Shares the memory of the message: every copy would cost as much as reading it. */
function frame(pieces: readonly Uint8Array[], size: number): Uint8Array[] {
  if (size === 0) return []
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(size)
  return [length, ...pieces]
}
