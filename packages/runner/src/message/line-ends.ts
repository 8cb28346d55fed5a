/**
 * Conversion of line ends. Inside the runner a line ends in CRLF (RFC 5322 §2.3). pipe(8) writes LF and sendmail(1) reads LF;
 * filters that rewrite may write anything.
 */
import type { Bytes } from '@candy/sdk'

const CR = 13
const LF = 10
const CRLF: Uint8Array = Buffer.from('\r\n')
const CR_BYTES: Uint8Array = Uint8Array.of(CR)
const SPACE_BYTES: Uint8Array = Buffer.from(' ')

/** LF becomes CRLF; a CR is data and stays, so `a\r\n` read from pipe(8) becomes `a\r\r\n`. */
export async function* crlfFromLf(bytes: Bytes): Bytes {
  for await (const chunk of bytes) {
    const out = Buffer.allocUnsafe(chunk.length + count(chunk, LF))
    writeCrlf(chunk, out)
    yield out
  }
}

/** Converts LF as `crlfFromLf` does, one chunk after another, always into the same memory. */
export class CrlfWriter {
  #memory: Buffer = Buffer.alloc(0)

  /** The next call overwrites what it returns. */
  convert(chunk: Uint8Array): Uint8Array {
    const length = chunk.length + count(chunk, LF)
    if (this.#memory.length < length) this.#memory = Buffer.allocUnsafeSlow(length)
    writeCrlf(chunk, this.#memory)
    return this.#memory.subarray(0, length)
  }
}

function writeCrlf(chunk: Uint8Array, out: Uint8Array): void {
  let to = 0
  let from = 0
  for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
    out.set(chunk.subarray(from, at), to)
    to += at - from
    out[to++] = CR
    out[to++] = LF
    from = at + 1
  }
  out.set(chunk.subarray(from), to)
}

/** CRLF becomes LF; any other CR stays. The inverse of `crlfFromLf`. */
export async function* lfFromCrlf(bytes: Bytes): Bytes {
  let pendingCr = false
  for await (const chunk of bytes) {
    const out = Buffer.allocUnsafe(chunk.length + 1)
    let to = 0
    let from = 0
    if (pendingCr && chunk.length > 0 && chunk[0] !== LF) out[to++] = CR
    if (chunk.length > 0) pendingCr = chunk[chunk.length - 1] === CR
    const end = pendingCr ? chunk.length - 1 : chunk.length
    for (let at = chunk.indexOf(LF, 1); at !== -1; at = chunk.indexOf(LF, at + 1)) {
      if (chunk[at - 1] !== CR) continue
      out.set(chunk.subarray(from, at - 1), to)
      to += at - 1 - from
      from = at
    }
    out.set(chunk.subarray(from, end), to)
    yield out.subarray(0, to + Math.max(0, end - from))
  }
  if (pendingCr) yield Uint8Array.of(CR)
}

/**
 * Every bare LF becomes CRLF, and every bare CR a space, as smtpd(8) and cleanup(8) do it. What a filter writes is delivered
 * with line ends that cannot be read in two ways (SMTP smuggling, CVE-2023-51764).
 */
export async function* canonical(bytes: Bytes): Bytes {
  const pieces: Uint8Array[] = []
  let pendingCr = false
  for await (const chunk of bytes) {
    if (chunk.length === 0) continue
    if (pendingCr) pieces.push(chunk[0] === LF ? CR_BYTES : SPACE_BYTES)
    makeCanonical(chunk, pendingCr, pieces)
    pendingCr = chunk[chunk.length - 1] === CR
    yield* pieces.splice(0)
  }
  if (pendingCr) yield SPACE_BYTES
}

/** `afterCr`: the byte before the chunk was a CR. A CR that ends the chunk is left to the next call. */
function makeCanonical(chunk: Uint8Array, afterCr: boolean, pieces: Uint8Array[]): void {
  let from = 0
  const replace = (at: number, bytes: Uint8Array): void => {
    if (at > from) pieces.push(chunk.subarray(from, at))
    pieces.push(bytes)
    from = at + 1
  }
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at]
    if (byte === LF && (at === 0 ? !afterCr : chunk[at - 1] !== CR)) replace(at, CRLF)
    else if (byte === CR && at + 1 < chunk.length && chunk[at + 1] !== LF) replace(at, SPACE_BYTES)
  }
  const end = chunk[chunk.length - 1] === CR ? chunk.length - 1 : chunk.length
  if (end > from) pieces.push(chunk.subarray(from, end))
}

function count(chunk: Uint8Array, byte: number): number {
  let found = 0
  for (let at = chunk.indexOf(byte); at !== -1; at = chunk.indexOf(byte, at + 1)) found++
  return found
}
