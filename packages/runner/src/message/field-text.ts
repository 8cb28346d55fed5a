/**
 * The text of a header field that cleanup(8) will change, gathered record by record and cut as cleanup(8) does it: a record ends
 * at its first NUL, and what comes once the field has reached header_size_limit (postconf(5)) is dropped.
 */
import type { Pieces } from './pieces.js'

const LF = 10
const CRLF: Uint8Array = Buffer.from('\r\n')

export class FieldText {
  readonly #limit: number
  #bytes: Buffer = Buffer.alloc(0)
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Begins with the next field. */
  clear(): void {
    this.#size = 0
  }

  /** Adds to the last line. */
  append(record: Uint8Array): void {
    if (this.#size >= this.#limit) return
    const nul = record.indexOf(0)
    this.#add(nul === -1 ? record : record.subarray(0, nul))
  }

  /** Adds a line that continues the field (RFC 5322 §2.2.3). */
  fold(record: Uint8Array): void {
    if (this.#size >= this.#limit) return
    this.#add(Uint8Array.of(LF))
    const nul = record.indexOf(0)
    this.#add(nul === -1 ? record : record.subarray(0, nul))
  }

  /** One character a byte; LF where it is folded. */
  toString(): string {
    return this.#bytes.toString('latin1', 0, this.#size)
  }

  /** Adds the field to the pieces, with CRLF line ends. */
  print(pieces: Pieces): void {
    const bytes = this.#bytes.subarray(0, this.#size)
    let from = 0
    for (;;) {
      const lf = bytes.indexOf(LF, from)
      const to = lf === -1 ? this.#size : lf
      if (to > this.#limit) {
        // It is cut between two lines, unless that would lose more than a tenth of what may stay.
        if (from <= 0.9 * this.#limit) addLine(pieces, bytes.subarray(from, this.#limit))
        break
      }
      addLine(pieces, bytes.subarray(from, to))
      if (lf === -1) break
      from = lf + 1
    }
  }

  #add(bytes: Uint8Array): void {
    if (this.#size + bytes.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#size + bytes.length))
      larger.set(this.#bytes.subarray(0, this.#size))
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.#size)
    this.#size += bytes.length
  }
}

function addLine(pieces: Pieces, line: Uint8Array): void {
  // The text of the next field overwrites this one.
  pieces.addCopy(line)
  pieces.add(CRLF)
}
