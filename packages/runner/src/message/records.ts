/**
 * The lines of a message as smtpd(8) gives them to cleanup(8): in records of at most line_length_limit bytes (postconf(5)), the last
 * of which ends the line. The message comes in chunks of any size; what has not been discarded is kept.
 */
const LF = 10
const CR = 13
const NOTHING: Buffer = Buffer.alloc(0)

export class Records {
  readonly #limit: number
  /** The bytes that have come and were not discarded. All positions are counted from their start. */
  bytes: Buffer = NOTHING
  /** The current record: its start, its end, the start of the next, and whether it ends its line. */
  at = 0
  end = 0
  next = 0
  endsLine = true
  /** Whether the record begins its line. */
  beginsLine = true
  /** Whether there may be a NUL in the bytes. */
  mayHaveNul = false
  /** The next LF from `at` on, or the end of the bytes where there is none; before `at` when it was not looked for. */
  #lf = -1
  #store = NOTHING
  /** Where in the store the bytes stand; both the same when they are not in the store. */
  #from = 0
  #to = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Adds bytes, in which every line ends in CRLF and there is no other CR or LF. */
  push(chunk: Uint8Array): void {
    this.#lf = -1
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    this.mayHaveNul = bytes.includes(0) || (this.mayHaveNul && this.#from !== this.#to)
    if (this.#from === this.#to) {
      this.bytes = bytes
      return
    }
    this.#makeRoom(chunk.length)
    this.#store.set(chunk, this.#to)
    this.#to += chunk.length
    this.bytes = this.#store.subarray(this.#from, this.#to)
  }

  /** Finds the record at `at`. Returns false when that needs more bytes. */
  find(): boolean {
    const { length } = this.bytes
    if (this.#lf < this.at) {
      const lf = this.bytes.indexOf(LF, this.at)
      this.#lf = lf === -1 ? length : lf
    }
    const found = this.#lf < length
    // The last byte may be the CR of a line end.
    const size = this.#lf - this.at - 1
    if (size < this.#limit && !found) return false
    this.endsLine = size < this.#limit
    this.end = this.at + Math.min(size, this.#limit)
    this.next = this.endsLine ? this.#lf + 1 : this.end
    return true
  }

  /** Goes to the next record. */
  advance(): void {
    this.at = this.next
    this.beginsLine = this.endsLine
  }

  /** Goes to a position further on, whatever records there are before it. */
  skip(to: number): void {
    if (to === this.at) return
    this.at = to
    this.beginsLine = this.bytes[to - 1] === LF
  }

  /** Discards what stands before a position, which is 0 from then on. */
  discard(before: number): void {
    const rest = this.bytes.subarray(before)
    if (this.#from !== this.#to) this.#from += before
    else if (rest.length > 0) {
      this.#makeRoom(rest.length)
      this.#store.set(rest)
      this.#to = rest.length
    }
    if (rest.length === 0) this.#from = this.#to = 0
    this.bytes = this.#store.subarray(this.#from, this.#to)
    this.at -= before
    this.#lf = -1
  }

  /** The bytes between two positions as text, one character a byte, with LF for CRLF. */
  text(from: number, to: number): string {
    return this.unfolded(from, to).toString('latin1')
  }

  /** The bytes between two positions with LF for CRLF. */
  unfolded(from: number, to: number): Buffer {
    const bytes = this.bytes.subarray(from, to)
    return bytes.includes(CR) ? Buffer.from(bytes.filter((byte) => byte !== CR)) : bytes
  }

  #makeRoom(more: number): void {
    const length = this.#to - this.#from
    if (this.#to + more <= this.#store.length) return
    const store = 2 * (length + more) <= this.#store.length ? this.#store : Buffer.allocUnsafeSlow(2 * (length + more))
    this.#store.copy(store, 0, this.#from, this.#to)
    this.#store = store
    this.#from = 0
    this.#to = length
  }
}
