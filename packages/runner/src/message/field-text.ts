/**
 * The text of a header field that cleanup(8) will change: gathered record by record as it gathers it, and cut as it cuts it. A
 * record ends at its first NUL; what comes once the field has reached header_size_limit (postconf(5)) is dropped.
 */
const LF = 10
const CRLF: Uint8Array = Buffer.from('\r\n')

export class FieldText {
  readonly #limit: number
  #bytes: Buffer
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
    this.#bytes = Buffer.allocUnsafe(4096)
  }

  /** More of the line that came last. */
  append(record: Uint8Array): void {
    if (this.#size >= this.#limit) return
    const nul = record.indexOf(0)
    this.#add(nul === -1 ? record : record.subarray(0, nul))
  }

  /** A line that continues the field (RFC 5322 §2.2.3). */
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

  /** The field as it stands in the message. */
  print(): Uint8Array {
    const lines: Uint8Array[] = []
    let from = 0
    for (;;) {
      const lf = this.#bytes.subarray(0, this.#size).indexOf(LF, from)
      const to = lf === -1 ? this.#size : lf
      if (to > this.#limit) {
        // Between two lines, unless that would lose more than a tenth of what may stay.
        if (from <= 0.9 * this.#limit) lines.push(this.#bytes.subarray(from, this.#limit), CRLF)
        break
      }
      lines.push(this.#bytes.subarray(from, to), CRLF)
      if (lf === -1) break
      from = lf + 1
    }
    return Buffer.concat(lines)
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
