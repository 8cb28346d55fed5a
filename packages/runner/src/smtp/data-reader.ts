/**
 * Reads mail data (RFC 5321 §4.5.2): only CRLF.CRLF ends it, and the dot that starts a line is removed.
 *
 * What else looks like an end, such as `LF.LF` and `CR.CRLF`, is content; a receiver that took it for an end would let a
 * stranger put a second message in (SMTP smuggling, CVE-2023-51764). There is no bare CR or LF in what this reader returns, so
 * no other server can read it in another way. A bare LF becomes CRLF, as in smtpd(8), and a bare CR a space, as in cleanup(8)
 * (cleanup_replace_stray_cr_lf in postconf(5)): a line must not become two header fields. Both are counted.
 */

const LF = 10
const CR = 13
const DOT = 46
const SPACE = 32
const CR_BYTES: Uint8Array = Uint8Array.of(CR)
const SPACE_BYTES: Uint8Array = Uint8Array.of(SPACE)

/** What came before the next byte. A line starts after CRLF, and where the data starts. */
type State = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr' | 'end'

export class DataReader {
  #state: State = 'line-start'
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
    let state = this.#state
    let from = 0
    let at = 0
    const keep = (to: number): void => {
      if (to > from) pieces.push(chunk.subarray(from, to))
      from = to
    }
    for (; at < chunk.length && state !== 'end'; at++) {
      const byte = chunk[at] as number
      if (state === 'text' && byte > CR) continue
      if (state === 'cr') {
        if (byte === LF) {
          if (at === 0) pieces.push(CR_BYTES)
          state = 'line-start'
          continue
        }
        if (at === 0) pieces.push(SPACE_BYTES)
        else chunk[at - 1] = SPACE
        this.bareLineEnds++
        state = 'text'
      } else if (state === 'line-start') {
        state = 'text'
        if (byte === DOT) {
          keep(at)
          from = at + 1
          state = 'dot'
          continue
        }
      } else if (state === 'dot') {
        state = 'text'
        if (byte === CR) {
          from = at + 1
          state = 'dot-cr'
          continue
        }
      } else if (state === 'dot-cr') {
        if (byte === LF) {
          from = at + 1
          state = 'end'
          continue
        }
        pieces.push(SPACE_BYTES)
        this.bareLineEnds++
        state = 'text'
      }
      if (byte === CR) state = 'cr'
      else if (byte === LF) {
        keep(at)
        pieces.push(CR_BYTES)
        this.bareLineEnds++
      }
    }
    // A CR at the end of the chunk is held back until the next byte tells whether it is bare.
    keep(state === 'cr' ? at - 1 : at)
    this.#state = state
    return at
  }
}
