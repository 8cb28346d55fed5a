/** The content of a message (RFC 5321 §2.3.1: header section and body) as the runner holds it: immutable, read as often as wanted. */
import type { Bytes } from '@candy/sdk'

export interface MessageContent {
  /** Length in bytes. */
  readonly size: number
  /** Reads from byte `from` (0 unless given) to the end. May be called again, also while an earlier reading is under way. */
  open(from?: number): Bytes
  /**
   * The header block, without the empty line that ends it. The caller must not change it. Throws `HEADER_LIMIT` when it is too
   * large to be held in memory.
   */
  headers(): Promise<Uint8Array>
}
