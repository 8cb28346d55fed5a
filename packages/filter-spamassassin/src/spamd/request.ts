/**
 * A request in SPAMC/1.5 (spamd/PROTOCOL in SpamAssassin's source): command line, header lines, an empty line, and a body of
 * exactly Content-length bytes. spamd refuses a body of any other length, so firstBytes() counts the bytes.
 */

/** The body: the first `length` bytes that `open` yields. It must yield at least so many; any after them are not sent. */
export interface Body {
  readonly length: number
  open(): AsyncIterable<Uint8Array>
}

export interface Request {
  readonly command: 'PING' | 'SYMBOLS' | 'HEADERS' | 'TELL'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
}

/** Command line, header lines and empty line. Throws a RangeError for a control character in a header: a line end would add a header. */
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
