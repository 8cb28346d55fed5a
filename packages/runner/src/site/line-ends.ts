/**
 * Between the message as filters see it, with CRLF, and as programs of the UNIX kind see it, with LF: pipe(8) hands its
 * commands LF too, so a script written for FILTER_README finds what it knows. A CR by itself stays where it is.
 */
import type { Bytes } from '@candy/sdk'

const CR = 13
const LF = 10

/** CRLF becomes LF; every other byte stays. */
export async function* toLf(bytes: Bytes): AsyncGenerator<Uint8Array> {
  let held = false
  for await (const chunk of bytes) {
    const out = new Uint8Array(chunk.length + 1)
    let size = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      if (held && byte !== LF) out[size++] = CR
      held = byte === CR
      if (!held) out[size++] = byte
    }
    if (size > 0) yield out.subarray(0, size)
  }
  if (held) yield Uint8Array.of(CR)
}

/** LF becomes CRLF, also where it is one already; every other byte stays. */
export async function* toCrlf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let previous = 0
  for (const chunk of chunks) {
    const out = new Uint8Array(chunk.length * 2)
    let size = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      if (byte === LF && previous !== CR) out[size++] = CR
      out[size++] = byte
      previous = byte
    }
    if (size > 0) yield out.subarray(0, size)
  }
}
