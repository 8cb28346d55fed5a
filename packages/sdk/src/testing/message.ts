/** Makes messages for tests, in the form in which a runner passes them to a filter. */
import { readFileSync } from 'node:fs'
import type { Envelope, Message } from '../contract.js'
import { headersEnd } from '../header-field.js'
import { anyChunking } from './chunking.js'

/** Everything but the content. Members that are absent have defaults for tests. */
export interface MessageOptions {
  readonly id?: string
  readonly envelope?: Partial<Envelope>
  /** Sizes of the chunks that `open()` yields, used in turn; one chunk when absent. */
  readonly chunks?: readonly number[]
}

/** A text (encoded as UTF-8; a bare LF becomes CRLF), or bytes or the URL of an `.eml` file, whose bytes are not changed. */
export type Source = string | Uint8Array | URL

/** Makes a message. It is frozen, and every chunk is a copy, so a filter cannot change it. */
export function message(source: Source, options: MessageOptions = {}): Message {
  const bytes = read(source)
  const block = bytes.subarray(0, headersEnd(bytes))
  const envelope: Envelope = {
    sender: 'sender@example.com',
    recipients: Object.freeze<[string]>(['recipient@example.com']),
    ...options.envelope,
  }
  return Object.freeze({
    id: options.id ?? 'TEST',
    envelope: Object.freeze(envelope),
    size: bytes.length,
    open: () => anyChunking(bytes, options.chunks),
    headers: async () => block.slice(),
  })
}

function read(source: Source): Uint8Array {
  if (source instanceof URL) return new Uint8Array(readFileSync(source))
  if (typeof source === 'string') return new TextEncoder().encode(source.replace(/\r?\n/g, '\r\n'))
  return source
}
