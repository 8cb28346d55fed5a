/** New content from the message's own bytes and a few insertions. */
import type { Bytes } from '@candy/sdk'
import type { Insertion } from './footer.js'

/** The bytes with the insertions, which are in order and do not overlap. Throws when the bytes end before the last of them. */
export async function* splice(bytes: Bytes, insertions: readonly Insertion[]): Bytes {
  const waiting = [...insertions]
  let at = 0
  let resume = 0
  for await (const chunk of bytes) {
    const end = at + chunk.length
    for (let next = waiting[0]; next !== undefined && next.start <= end; next = waiting[0]) {
      if (next.start > Math.max(at, resume)) yield chunk.subarray(Math.max(at, resume) - at, next.start - at)
      yield next.bytes
      resume = next.end
      waiting.shift()
    }
    if (resume < end) yield chunk.subarray(Math.max(at, resume) - at)
    at = end
  }
  if (waiting.length > 0) throw new RangeError(`the message ended at byte ${at}`)
}
