/** A spamd played from a script on a real socket: for replies and faults that the real one does not produce on demand. */
import type { Bytes } from '@candy/sdk'
import type { Answer } from '@candy/sdk/testing'

/** A request as the fake has read it. */
export interface SeenRequest {
  readonly command: string
  /** `Name: value` lines. */
  readonly headers: readonly string[]
  readonly body: Buffer
}

/** Reads whole requests, with exactly Content-length bytes of body, and answers with what `reply` says. */
export function fakeSpamd(reply: (request: SeenRequest) => string | readonly string[]): Answer {
  return async function* (received) {
    const request = await readRequest(received)
    const pieces = reply(request)
    for (const piece of typeof pieces === 'string' ? [pieces] : pieces) yield piece
  }
}

/** The reply to a SYMBOLS request; `spam` as in the Spam header. */
export function symbols(spam: string, tests = 'A,B_2'): string {
  return `SPAMD/1.1 0 EX_OK\r\nContent-length: ${tests.length}\r\nSpam: ${spam}\r\n\r\n${tests}`
}

export const PONG = 'SPAMD/1.5 0 PONG\r\n'

async function readRequest(received: Bytes): Promise<SeenRequest> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of received) {
    bytes = Buffer.concat([bytes, chunk])
    const end = bytes.indexOf('\r\n\r\n')
    if (end === -1) continue
    const [command = '', ...headers] = bytes.subarray(0, end).toString('latin1').split('\r\n')
    const body = bytes.subarray(end + 4)
    const length = Number(/\d+/.exec(headers.find((line) => line.startsWith('Content-length:')) ?? '')?.[0] ?? 0)
    if (body.length > length) throw new Error(`${body.length - length} bytes more than Content-length`)
    if (body.length === length) return { command, headers, body }
  }
  throw new Error('the request is not whole')
}
