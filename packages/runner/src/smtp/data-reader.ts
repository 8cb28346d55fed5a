/**
 * Reads mail data (RFC 5321 §4.5.2): only CRLF.CRLF ends it, and the dot that starts a line is removed.
 *
 * What else looks like an end, such as `LF.LF` and `CR.CRLF`, is content; a receiver that took it for an end would let a
 * stranger put a second message in (SMTP smuggling, CVE-2023-51764). There is no bare CR or LF in what this reader returns, so
 * no other server can read it in another way. A bare LF becomes CRLF, as in smtpd(8), and a bare CR a space, as in cleanup(8)
 * (cleanup_replace_stray_cr_lf in postconf(5)): a line must not become two header fields. Both are counted.
 */
import { nextFind, setWindow, WINDOW } from './data-scan.js'

const LF = 10
const CR = 13
const DOT = 46
const SPACE = 32
const CR_BYTES: Uint8Array = Uint8Array.of(CR)
const SPACE_BYTES: Uint8Array = Uint8Array.of(SPACE)

/** Bytes that are read one by one at least, and at most, before data-scan.ts is asked where the next ones are. */
const SHORT_STRETCH = 32
const LONG_STRETCH = 1024 ** 2

/** What came before the next byte. A line starts after CRLF, and where the data starts. */
type State = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr' | 'end'

export class DataReader {
  #state: State = 'line-start'
  #pieces: Uint8Array[] = []
  /** Where in the chunk the content begins that is not in the pieces yet. */
  #from = 0
  /** How many bytes are read one by one, and how many of these are still to come. */
  #stretch = SHORT_STRETCH
  #left = 0
  /** Bare CRs and bare LFs so far. */
  bareLineEnds = 0

  /** Whether the end of the data was read. */
  get ended(): boolean {
    return this.#state === 'end'
  }

  /**
   * Reads the chunk up to the end of the data, where that is in it. Puts the content into `pieces`, which share the
   * chunk's memory, and returns how many bytes were read. Overwrites bare CRs in the chunk, which may be very many.
   */
  read(chunk: Uint8Array, pieces: Uint8Array[]): number {
    this.#pieces = pieces
    let at = 0
    while (at < chunk.length && !this.ended) at += this.#readWindow(chunk.subarray(at, at + WINDOW))
    return at
  }

  #readWindow(chunk: Uint8Array): number {
    const { length } = chunk
    this.#from = 0
    // What came before the chunk is not in it.
    let at = this.#readBytes(chunk, 0, Math.max(1, this.#left))
    if (at < length && !this.ended) setWindow(chunk)
    while (at < length && !this.ended) {
      const isDot = this.#state === 'dot' || this.#state === 'dot-cr'
      if (!isDot) at = this.#pass(chunk, at)
      at = this.#readBytes(chunk, at, isDot ? 1 : this.#stretch)
    }
    // A CR at the end of the chunk is held back until the next byte tells whether it is bare.
    this.#keep(chunk, this.#state === 'cr' ? at - 1 : at)
    return at
  }

  /** Passes over the bytes that need no closer look, and returns where the next that may begin. */
  #pass(chunk: Uint8Array, at: number): number {
    const found = nextFind(at, chunk.length)
    // Where finds are close to each other, looking for each would cost more than it saves.
    this.#stretch = found - at > this.#stretch ? SHORT_STRETCH : Math.min(2 * this.#stretch, LONG_STRETCH)
    if (found === at) return at
    const last = chunk[found - 1]
    this.#state = last === CR ? 'cr' : last === LF ? 'line-start' : 'text'
    return found
  }

  /** Reads so many bytes one by one, if the chunk has them and the data does not end before. Returns where it has come to. */
  #readBytes(chunk: Uint8Array, start: number, count: number): number {
    const end = Math.min(chunk.length, start + count)
    let state = this.#state
    let at = start
    for (; at < end && state !== 'end'; at++) {
      const byte = chunk[at] as number
      if (state === 'text' && byte > CR) continue
      if (state === 'cr') {
        if (byte === LF) {
          if (at === 0) this.#pieces.push(CR_BYTES)
          state = 'line-start'
          continue
        }
        if (at === 0) this.#pieces.push(SPACE_BYTES)
        else chunk[at - 1] = SPACE
        this.bareLineEnds++
        state = 'text'
      } else if (state === 'line-start') {
        state = 'text'
        if (byte === DOT) {
          this.#keep(chunk, at)
          this.#from = at + 1
          state = 'dot'
          continue
        }
      } else if (state === 'dot') {
        state = 'text'
        if (byte === CR) {
          this.#from = at + 1
          state = 'dot-cr'
          continue
        }
      } else if (state === 'dot-cr') {
        if (byte === LF) {
          this.#from = at + 1
          state = 'end'
          continue
        }
        this.#pieces.push(SPACE_BYTES)
        this.bareLineEnds++
        state = 'text'
      }
      if (byte === CR) state = 'cr'
      else if (byte === LF) {
        this.#keep(chunk, at)
        this.#pieces.push(CR_BYTES)
        this.bareLineEnds++
      }
    }
    this.#state = state
    this.#left = start + count - at
    return at
  }

  /** Puts the content before a position into the pieces. */
  #keep(chunk: Uint8Array, to: number): void {
    if (to > this.#from) this.#pieces.push(chunk.subarray(this.#from, to))
    this.#from = to
  }
}
