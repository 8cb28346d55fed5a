/** Messages for tests, as a runner would hand them to a filter. */
import { readFileSync } from 'node:fs'
import type { Bytes, Envelope, Message } from '../contract.js'
import { parseHeaders } from '../header.js'
import { anyChunking } from './chunking.js'

/** Everything but the content; what is left out is made up. */
export interface MessageOptions {
  readonly id?: string
  readonly envelope?: Partial<Envelope>
  /** Sizes of the chunks that `open()` yields, in turn; one chunk unless said. */
  readonly chunks?: readonly number[]
}

/** Text (UTF-8; bare LF becomes CRLF), bytes (taken as they are), or an `.eml` file (bytes as they are). */
export type Source = string | Uint8Array | URL

/** A message from a source. It is frozen, and every chunk is a copy, so a filter cannot change it. */
export function message(source: Source, options: MessageOptions = {}): Message {
  const bytes = sourceBytes(source)
  return made(bytes, bytes.length, () => anyChunking(bytes, options.chunks), options)
}

/** A message whose content after `head` is made while it is read. `open` yields `head` too. */
export function lazyMessage(head: string, size: number, open: () => Bytes): Message {
  return made(sourceBytes(head), size, open, {})
}

export function sourceBytes(source: Source): Uint8Array {
  if (source instanceof URL) return new Uint8Array(readFileSync(source))
  if (typeof source === 'string') return new TextEncoder().encode(source.replace(/\r?\n/g, '\r\n'))
  return source
}

function made(head: Uint8Array, size: number, open: () => Bytes, options: MessageOptions): Message {
  const block = head.subarray(0, parseHeaders(head).at(-1)?.end ?? 0)
  const envelope: Envelope = {
    sender: 'sender@example.com',
    recipients: Object.freeze<[string]>(['recipient@example.com']),
    ...options.envelope,
  }
  return Object.freeze({
    id: options.id ?? 'TEST',
    envelope: Object.freeze(envelope),
    size,
    open,
    headers: async () => block.slice(),
  })
}
