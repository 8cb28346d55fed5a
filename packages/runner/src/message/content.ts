/**
 * The content of a message (RFC 5321 §2.3.1: header section and body) as the runner holds it: immutable, and read as often as needed.
 *
 * spool.ts receives it once, into memory (memory.ts) or a nameless file (nameless-file.ts). Before the queue, cleaning.ts first has
 * cleanup.ts make the changes that cleanup(8) will make. header-block.ts reads its header block, and edited.ts gives the same content
 * with another one. line-ends.ts converts line ends on the way in and out; bounded.ts and reading.ts limit what a filter yields as new
 * content.
 */
import type { Bytes } from '@candy/sdk'

export interface MessageContent {
  /** Length in bytes. */
  readonly size: number
  /**
   * Reads from byte `from` (0 unless given) to the end. May be called again, also while an earlier reading is under way. The chunks
   * are the reader's own.
   */
  open(from?: number): Bytes
  /** As `open` for readers who keep to what `lend` says below. Absent where it would be the same. */
  lend?(from?: number): Bytes
  /**
   * The header block, without the empty line that ends it. The caller must not change it. Throws `HEADER_LIMIT` when it is too
   * large to be held in memory.
   */
  headers(): Promise<Uint8Array>
}

/**
 * Reads as `open` does, without copying what is in memory: the reader must not change the chunks, and must not use them any more
 * once the message is closed.
 */
export function lend(content: MessageContent, from = 0): Bytes {
  return content.lend?.(from) ?? content.open(from)
}
