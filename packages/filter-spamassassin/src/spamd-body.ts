/** What a spamd gets of a message, to scan it or to learn from it. */
import { type Bytes, concat, fromString, type Message } from '@candy/sdk'
import type { Body } from './spamd/request.js'

/**
 * The first `size` bytes of the message, with a Return-Path field before them (RFC 5321 section 4.4), as a delivery agent adds it.
 * SpamAssassin's SPF and DMARC rules and its welcome lists read the envelope sender from that field.
 */
export function bodyOf(message: Message, size: number): Body {
  const { sender } = message.envelope
  const field = /[\p{Cc}<>]/u.test(sender) ? '' : `Return-Path: <${sender}>\r\n`
  const open = (): Bytes => concat(fromString(field), message.open())
  return { length: Buffer.byteLength(field) + size, open }
}
