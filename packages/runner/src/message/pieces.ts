/** The way out of bytes in pieces: small ones are gathered, since very many of them would cost more than the bytes in them. */

/** Bytes; larger pieces go out as they are. */
const SMALL = 1024

/** Bytes of what is gathered at first, and once there is much of it. */
const FIRST = 4096
const MORE = 65_536

export class Pieces {
  #out: Uint8Array[] = []
  #store: Buffer = Buffer.alloc(0)
  #from = 0
  #to = 0

  /** Puts pieces there from now on. What was gathered for the one before is overwritten. */
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
      this.#store = Buffer.allocUnsafeSlow(this.#store.length === 0 ? FIRST : MORE)
      this.#from = 0
      this.#to = 0
    }
    this.#store.set(bytes, this.#to)
    this.#to += bytes.length
  }

  /** For bytes that will not stay what they are. */
  addCopy(bytes: Uint8Array): void {
    this.add(bytes.length < SMALL ? bytes : new Uint8Array(bytes))
  }

  /** Lets go of what was gathered. */
  flush(): void {
    if (this.#to > this.#from) this.#out.push(this.#store.subarray(this.#from, this.#to))
    this.#from = this.#to
  }
}
