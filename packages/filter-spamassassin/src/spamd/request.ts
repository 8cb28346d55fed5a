/**
 * A request in SPAMC/1.5 (spamd/PROTOCOL in SpamAssassin's source): command line, header lines, an empty line, a body of
 * exactly Content-length bytes. spamd refuses a body of any other length, so the length is counted here and not believed.
 */

/** Bytes to scan. `open` yields at least `length` bytes; what comes after them is not read. */
export interface Body {
  readonly length: number
  open(): AsyncIterable<Uint8Array>
}

export interface Request {
  readonly command: 'PING' | 'SYMBOLS' | 'HEADERS' | 'TELL'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
}

/** All that stands before the body. Throws a RangeError when one header would become two. */
export function printHead(request: Request): string {
  const headers = { ...request.headers, ...(request.body && { 'Content-length': String(request.body.length) }) }
  let text = `${request.command} SPAMC/1.5\r\n`
  for (const [name, value] of Object.entries(headers)) {
    if (/\p{Cc}/u.test(value)) throw new RangeError(`${name} must not contain control characters`)
    text += `${name}: ${value}\r\n`
  }
  return `${text}\r\n`
}

/** The first `length` bytes. Throws a RangeError when there are fewer. */
export async function* firstBytes(body: Body): AsyncGenerator<Uint8Array, void, undefined> {
  let missing = body.length
  if (missing === 0) return
  for await (const chunk of body.open()) {
    const part = chunk.length > missing ? chunk.subarray(0, missing) : chunk
    missing -= part.length
    yield part
    if (missing === 0) return
  }
  throw new RangeError(`the message ended ${missing} bytes before its size of ${body.length}`)
}
