/** Messages for tests, as a runner would hand them to a filter. */
import { readFileSync } from 'node:fs'
import type { Envelope, Message } from '../contract.js'
import { parseHeaders } from '../header.js'
import { anyChunking } from './chunking.js'

/** Everything but the content; what is left out is made up. */
export interface MessageOptions {
  readonly id?: string
  readonly envelope?: Partial<Envelope>
  /** Sizes of the chunks that `open()` yields, in turn; one chunk unless said. */
  readonly chunks?: readonly number[]
}

/**
 * A message from text (UTF-8; bare LF becomes CRLF), from bytes (taken as they are), or from an `.eml` file (a `URL`; bytes
 * as they are).
 */
export function message(source: string | Uint8Array | URL, options: MessageOptions = {}): Message {
  const bytes = read(source)
  const fields = parseHeaders(bytes)
  const headers = bytes.subarray(0, fields.at(-1)?.end ?? 0)
  return {
    id: options.id ?? 'TEST',
    envelope: { sender: 'sender@example.com', recipients: ['recipient@example.com'], ...options.envelope },
    size: bytes.length,
    open: () => anyChunking(bytes, options.chunks),
    headers: async () => headers.slice(),
  }
}

function read(source: string | Uint8Array | URL): Uint8Array {
  if (source instanceof URL) return readFileSync(source)
  if (typeof source === 'string') return new TextEncoder().encode(source.replace(/\r?\n/g, '\r\n'))
  return source
}
