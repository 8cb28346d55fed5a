/** An end to what a stranger yields: so many bytes and no more, and never the whole of a process's time. */
import { setImmediate as turn } from 'node:timers/promises'
import { type Bytes, CandyError } from '@candy/sdk'

/** Chunks after which others have their turn: a source that never waits for anything would keep even timers from going off. */
const AT_A_STRETCH = 256

/** Yields the chunks of `bytes`. Throws `CONTENT`, after ending the source, when there are more than `most` bytes. */
export async function* bounded(bytes: Bytes, most: number): Bytes {
  let size = 0
  let chunks = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > most) throw new CandyError('CONTENT', `the new content has more than ${most} bytes`)
    chunks++
    if (chunks % AT_A_STRETCH === 0) await turn()
    if (chunk.length > 0) yield chunk
  }
}
