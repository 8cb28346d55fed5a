/** A message as people have it in files: what they hold beside it, and the envelope that it must have had. */
import { type Bytes, headerValue, parseHeaders } from '@candy/sdk'

const LF = 10
const FROM = Buffer.from('From ')

/** Bytes of a first line that are looked at. */
const LINE_LIMIT = 998

/** Bytes of the header block that are searched for a sender. */
const SEARCHED = 65_536

/** The message without the `From ` line that mbox(5) puts before it, where there is one; `left` is called then. */
export async function* withoutMboxLine(bytes: Bytes, left: () => void): Bytes {
  let first = Buffer.alloc(0)
  let begun = false
  for await (const chunk of bytes) {
    if (begun) {
      yield chunk
      continue
    }
    first = Buffer.concat([first, chunk])
    const end = first.indexOf(LF)
    if (end === -1 && first.length < LINE_LIMIT) continue
    begun = true
    yield withoutLine(first, end, left)
  }
  if (!begun && first.length > 0) yield withoutLine(first, first.indexOf(LF), left)
}

/**
 * The sender that the envelope of a delivered message had: what Return-Path says (RFC 5321 §4.4), else the first address of
 * From. Undefined where neither has one.
 */
export function senderOf(header: Uint8Array): string | undefined {
  const fields = parseHeaders(header.subarray(0, SEARCHED))
  const textOf = (name: string): string | undefined => {
    const field = fields.find((one) => one.name.toLowerCase() === name)
    return field && headerValue(header, field)
  }
  const path = /^<([^<>]*)>/.exec(textOf('return-path') ?? '')?.[1]
  if (path !== undefined) return path
  const from = textOf('from') ?? ''
  return /<([^<>\s]+@[^<>\s]+)>/.exec(from)?.[1] ?? /[^\s<>"(),:;]+@[^\s<>"(),:;]+/.exec(from)?.[0]
}

function withoutLine(bytes: Buffer, end: number, left: () => void): Uint8Array {
  if (end === -1 || !bytes.subarray(0, FROM.length).equals(FROM)) return bytes
  left()
  return bytes.subarray(end + 1)
}
