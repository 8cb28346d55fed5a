/**
 * The header block at the start of a message, read no further than it must be, and with an end: whoever sends a message chooses how
 * many fields it has, and ten megabytes hold millions. No mail program writes a header that is beyond these limits; filters are
 * not asked about a message that has one (chain/judge.ts).
 */
import type { Bytes } from '@candy/sdk'
import { CandyError, headersEnd } from '@candy/sdk'
import type { Content } from './content.js'

const LF = 10
const TAB = 9
const SPACE = 32
const EMPTY_LINE = Buffer.from('\r\n\r\n')

/** Bytes of a header block; Exim refuses larger ones, too (header_maxsize). */
export const MOST_HEADER_BYTES: number = 1024 ** 2

/** Fields of a header block. */
export const MOST_FIELDS = 10_000

/** More than the longest name: where no colon is in so many bytes, no field begins. */
const MARGIN = 65_536

/**
 * The header block without the empty line after it. It ends where Postfix's cleanup(8) ends it: at an empty line, or at
 * the first line that is neither a field nor a continuation. Throws `HEADER_LIMIT` where it is too long or has too many fields.
 */
export async function readHeaderBlock(bytes: Bytes): Promise<Uint8Array> {
  let seen = Buffer.alloc(0)
  for await (const chunk of bytes) {
    const from = Math.max(0, seen.length - EMPTY_LINE.length + 1)
    seen = Buffer.concat([seen, chunk])
    if (seen.length > 1 && seen[0] === 13 && seen[1] === LF) break
    if (seen.indexOf(EMPTY_LINE, from) !== -1 || seen.length > MOST_HEADER_BYTES + MARGIN) break
  }
  const block = seen.subarray(0, headersEnd(seen))
  if (block.length > MOST_HEADER_BYTES) {
    throw new CandyError('HEADER_LIMIT', `the header has more than ${MOST_HEADER_BYTES} bytes`)
  }
  if (countFields(block) > MOST_FIELDS)
    throw new CandyError('HEADER_LIMIT', `the header has more than ${MOST_FIELDS} fields`)
  return block
}

/** The header block of the content; undefined where it is beyond the limits. */
export function headersWithin(content: Content): Promise<Uint8Array | undefined> {
  return content.headers().catch((error: unknown) => {
    if (!isBeyondLimits(error)) throw error
    return undefined
  })
}

export function isBeyondLimits(error: unknown): error is CandyError {
  return (error as { readonly code?: unknown } | undefined)?.code === 'HEADER_LIMIT'
}

/** In a whole header block every line that does not begin with a blank begins a field. */
function countFields(block: Uint8Array): number {
  let count = block.length > 0 ? 1 : 0
  for (let at = 0; at < block.length - 1; at++) {
    if (block[at] !== LF || block[at - 1] !== 13) continue
    const next = block[at + 1]
    if (next !== SPACE && next !== TAB) count++
  }
  return count
}
