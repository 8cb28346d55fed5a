/**
 * The lines of a message as smtpd(8) gives them to cleanup(8): in records of at most line_length_limit bytes (postconf(5)), the last
 * of which ends the line. Takes the message in chunks of any size, and holds back what is not done with.
 */
const LF = 10
const CR = 13
const NOTHING: Buffer = Buffer.alloc(0)

export class Records {
  readonly #limit: number
  /** The bytes at hand. All places are counted from their start. */
  bytes: Buffer = NOTHING
  /** The record that is looked at: its start, its end, the start of the next, and whether it ends its line. */
  at = 0
  end = 0
  next = 0
  whole = true
  /** Whether the record begins its line. */
  lineStart = true
  /** Whether there may be a NUL in the bytes at hand. */
  nuls = false
  /** The next LF from `at` on, or the end of the bytes where there is none; before `at` when it was not looked for. */
  #lf = -1
  #store = NOTHING
  /** Where in the store the bytes at hand stand; the same where they are not there. */
  #from = 0
  #to = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** More bytes, in which every line ends in CRLF and no other CR or LF is. */
  take(chunk: Uint8Array): void {
    this.#lf = -1
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    this.nuls = bytes.includes(0) || (this.nuls && this.#from !== this.#to)
    if (this.#from === this.#to) {
      this.bytes = bytes
      return
    }
    this.#makeRoom(chunk.length)
    this.#store.set(chunk, this.#to)
    this.#to += chunk.length
    this.bytes = this.#store.subarray(this.#from, this.#to)
  }

  /** Finds the record at `at`; false where that takes more bytes. */
  find(): boolean {
    const { length } = this.bytes
    if (this.#lf < this.at) {
      const lf = this.bytes.indexOf(LF, this.at)
      this.#lf = lf === -1 ? length : lf
    }
    const found = this.#lf < length
    // A line end may have begun with the last byte.
    const size = this.#lf - this.at - 1
    if (size < this.#limit && !found) return false
    this.whole = size < this.#limit
    this.end = this.at + Math.min(size, this.#limit)
    this.next = this.whole ? this.#lf + 1 : this.end
    return true
  }

  /** Goes to the next record. */
  advance(): void {
    this.at = this.next
    this.lineStart = this.whole
  }

  /** Goes to a place further on, whatever records there are before it. */
  skip(to: number): void {
    if (to === this.at) return
    this.at = to
    this.lineStart = this.bytes[to - 1] === LF
  }

  /** What stands before the place is done with: the place is 0 from now on. */
  drop(before: number): void {
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

  /** The bytes between two places as text, one character a byte, with LF for CRLF. */
  text(from: number, to: number): string {
    return this.unfolded(from, to).toString('latin1')
  }

  /** The bytes between two places with LF for CRLF. */
  unfolded(from: number, to: number): Buffer {
    const bytes = this.bytes.subarray(from, to)
    return bytes.includes(CR) ? Buffer.from(bytes.filter((byte) => byte !== CR)) : bytes
  }

  #makeRoom(more: number): void {
    const held = this.#to - this.#from
    if (this.#to + more <= this.#store.length) return
    const store = 2 * (held + more) <= this.#store.length ? this.#store : Buffer.allocUnsafeSlow(2 * (held + more))
    this.#store.copy(store, 0, this.#from, this.#to)
    this.#store = store
    this.#from = 0
    this.#to = held
  }
}
