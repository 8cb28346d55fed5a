/** A limit on what a filter yields: in bytes, and in the time that it may keep the event loop without a pause. */
import { setImmediate as turn } from 'node:timers/promises'
import { type Bytes, CandyError } from '@candy/sdk'

/** Chunks after which the event loop gets a turn: a source that never waits for anything would keep even timers from firing. */
const CHUNKS_PER_TURN = 256

/** Yields the chunks of `bytes`. Throws `CONTENT`, after ending the source, when there are more than `limit` bytes. */
export async function* bounded(bytes: Bytes, limit: number): Bytes {
  let size = 0
  let chunks = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > limit) throw new CandyError('CONTENT', `the new content has more than ${limit} bytes`)
    chunks++
    if (chunks % CHUNKS_PER_TURN === 0) await turn()
    if (chunk.length > 0) yield chunk
  }
}
