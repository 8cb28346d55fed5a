/** Finds the header block at the start of a message, reading no further than it must. */
import type { Bytes } from '@candy/sdk'
import { parseHeaders } from '@candy/sdk'

const EMPTY_LINE = Buffer.from('\r\n\r\n')

/**
 * The header block without the empty line after it. It ends where Postfix's cleanup(8) ends it: at an empty line, or at
 * the first line that is neither a field nor a continuation.
 */
export async function readHeaderBlock(bytes: Bytes): Promise<Uint8Array> {
  let seen = Buffer.alloc(0)
  for await (const chunk of bytes) {
    const from = Math.max(0, seen.length - EMPTY_LINE.length + 1)
    seen = Buffer.concat([seen, chunk])
    if (seen.length > 1 && seen[0] === 13 && seen[1] === 10) break
    if (seen.indexOf(EMPTY_LINE, from) !== -1) break
  }
  return seen.subarray(0, parseHeaders(seen).at(-1)?.end ?? 0)
}
