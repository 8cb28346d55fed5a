/** Pieces of bytes, of which small ones are copied together: very many small pieces would cost more than their bytes. */

/** Bytes from which a piece is not copied. */
const SMALL = 1024

/** Bytes of the first buffer, and of those after it. */
const FIRST_BUFFER = 4096
const NEXT_BUFFER = 65_536

export class Pieces {
  #out: Uint8Array[] = []
  #store: Buffer = Buffer.alloc(0)
  #from = 0
  #to = 0

  /** Puts pieces into `out` from now on. Those of the array before are overwritten. */
  begin(out: Uint8Array[]): void {
    this.#out = out
    this.#from = 0
    this.#to = 0
  }

  add(bytes: Uint8Array): void {
    if (bytes.length >= SMALL) {
      this.flush()
      this.#out.push(bytes)
      return
    }
    if (this.#to + bytes.length > this.#store.length) {
      this.flush()
      this.#store = Buffer.allocUnsafeSlow(this.#store.length === 0 ? FIRST_BUFFER : NEXT_BUFFER)
      this.#from = 0
      this.#to = 0
    }
    this.#store.set(bytes, this.#to)
    this.#to += bytes.length
  }

  /** As `add`, for bytes that the caller will overwrite. */
  addCopy(bytes: Uint8Array): void {
    this.add(bytes.length < SMALL ? bytes : new Uint8Array(bytes))
  }

  /** Puts out what was copied together. */
  flush(): void {
    if (this.#to > this.#from) this.#out.push(this.#store.subarray(this.#from, this.#to))
    this.#from = this.#to
  }
}
