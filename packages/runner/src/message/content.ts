/** The bytes of a message as the runner holds them: immutable, and open to any number of readers. */
import type { Bytes } from '@candy/sdk'

export interface Content {
  /** Length in bytes. */
  readonly size: number
  /** Reads from byte `from` (0 unless said) to the end. May be called again, also at the same time. */
  open(from?: number): Bytes
  /**
   * The header block, without the empty line that ends it. The caller must not change it. Throws `HEADER_LIMIT` where it is too
   * large to be held.
   */
  headers(): Promise<Uint8Array>
}
