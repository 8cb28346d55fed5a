/**
 * Writes mail data (RFC 5321 §4.5.2): a dot that starts a line is doubled, and CRLF.CRLF ends the data.
 *
 * A line starts after CRLF, and also after a bare CR or LF: for some receivers those end a line, and a single dot there would
 * end the message early and begin another (SMTP smuggling, CVE-2023-51764).
 */

const CR = 13
const LF = 10
const DOT = 46
const DOT_BYTES: Uint8Array = Uint8Array.of(DOT)

const END_AFTER_LINE: Uint8Array = Buffer.from('.\r\n')
const END_AFTER_TEXT: Uint8Array = Buffer.from('\r\n.\r\n')

export interface DotStuffer {
  /** The chunk as it must be sent, in pieces that share the chunk's memory. */
  stuff(chunk: Uint8Array): readonly Uint8Array[]
  /** What ends the data: `.CRLF`, after a CRLF where the last line had none. Called once, last. */
  end(): Uint8Array
}

export function makeDotStuffer(): DotStuffer {
  let previous = LF
  let beforePrevious = CR
  return {
    stuff: (chunk) => {
      const pieces: Uint8Array[] = []
      let from = 0
      for (let at = chunk.indexOf(DOT); at !== -1; at = chunk.indexOf(DOT, at + 1)) {
        const before = at === 0 ? previous : chunk[at - 1]
        if (before !== LF && before !== CR) continue
        if (at > from) pieces.push(chunk.subarray(from, at))
        pieces.push(DOT_BYTES)
        from = at
      }
      if (from < chunk.length) pieces.push(chunk.subarray(from))
      if (chunk.length > 1) beforePrevious = chunk[chunk.length - 2] ?? 0
      else if (chunk.length === 1) beforePrevious = previous
      previous = chunk[chunk.length - 1] ?? previous
      return pieces
    },
    end: () => (previous === LF && beforePrevious === CR ? END_AFTER_LINE : END_AFTER_TEXT),
  }
}
