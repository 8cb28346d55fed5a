/**
 * The header block at the start of a message, and the Message-ID in it. It is read no further than it must be, and only up to
 * a limit: the sender chooses how many fields there are, and ten megabytes hold millions. No mail program writes a header that is
 * beyond these limits; filters are not asked about a message that has one (chain/judge.ts).
 */
import type { Bytes } from '@candy/sdk'
import { CandyError, headersEnd } from '@candy/sdk'
import type { MessageContent } from './content.js'

const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32
const EMPTY_LINE = Buffer.from('\r\n\r\n')

/** Bytes of a header block; Exim refuses larger ones, too (header_maxsize). */
export const MAX_HEADER_BYTES: number = 1024 ** 2

/** Fields of a header block. */
export const MAX_FIELDS = 10_000

/** Bytes, more than the longest field name: where so many hold no colon, no field begins. */
const MARGIN = 65_536

/** Bytes of the header block in which the Message-ID is looked for; real mail has the field long before. */
const MESSAGE_ID_WITHIN = 65_536

/**
 * The header block without the empty line after it. It ends where Postfix's cleanup(8) ends it: at an empty line, or at
 * the first line that is neither a field nor a continuation. Throws `HEADER_LIMIT` when it is too long or has too many fields.
 */
export async function readHeaderBlock(bytes: Bytes): Promise<Uint8Array> {
  let seen: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    const from = Math.max(0, seen.length - EMPTY_LINE.length + 1)
    const part = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    seen = seen.length === 0 ? part : Buffer.concat([seen, part])
    if (seen.length > 1 && seen[0] === CR && seen[1] === LF) break
    const end = seen.indexOf(EMPTY_LINE, from)
    if (end !== -1) seen = seen.subarray(0, end + EMPTY_LINE.length)
    if (end !== -1 || seen.length > MAX_HEADER_BYTES + MARGIN) break
  }
  // A copy: the chunks may be lent.
  const block = Buffer.from(seen.subarray(0, headersEnd(seen)))
  if (block.length > MAX_HEADER_BYTES) {
    throw new CandyError('HEADER_LIMIT', `the header has more than ${MAX_HEADER_BYTES} bytes`)
  }
  if (countFields(block) > MAX_FIELDS) {
    throw new CandyError('HEADER_LIMIT', `the header has more than ${MAX_FIELDS} fields`)
  }
  return block
}

/** The header block of the content; undefined when it is beyond the limits. */
export function headersWithin(content: MessageContent): Promise<Uint8Array | undefined> {
  return content.headers().catch((error: unknown) => {
    if (!isBeyondLimits(error)) throw error
    return undefined
  })
}

export function isBeyondLimits(error: unknown): error is CandyError {
  return (error as { readonly code?: unknown } | undefined)?.code === 'HEADER_LIMIT'
}

/**
 * The value of the first Message-ID field (RFC 5322 §3.6.4), one character a byte (Latin-1), with its angle brackets, for the
 * log. Undefined when there is none, or when the message cannot be read: a log line is no reason to fail.
 */
export async function messageIdOf(content: MessageContent): Promise<string | undefined> {
  try {
    const block = await content.headers()
    const length = Math.min(block.length, MESSAGE_ID_WITHIN)
    const text = Buffer.from(block.buffer, block.byteOffset, length).toString('latin1')
    const value = /^message-id[ \t]*:(?:[ \t]|\r\n[ \t])*([^\r\n]*)/im.exec(text)?.[1]?.trimEnd()
    return value === '' ? undefined : value
  } catch {
    return undefined
  }
}

/** In a whole header block every line that does not begin with a blank begins a field. */
function countFields(block: Uint8Array): number {
  let count = block.length > 0 ? 1 : 0
  for (let at = 0; at < block.length - 1; at++) {
    if (block[at] !== LF || block[at - 1] !== CR) continue
    const next = block[at + 1]
    if (next !== SPACE && next !== TAB) count++
  }
  return count
}
