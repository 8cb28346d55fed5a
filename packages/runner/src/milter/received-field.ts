/**
 * The Received field of Postfix's own, which a milter is not shown. Filters see it in every other mode, and need it: without it
 * SpamAssassin takes the next host in the header for the client. So candy puts one on top of the message that filters and the quarantine
 * get, in Postfix's form (smtpd.c, pickup.c). What is delivered has the field that Postfix has written.
 */
import type { MilterTransaction } from './transaction.js'

/** Characters of a word in it: the client chooses some of them. */
const WORD_LIMIT = 255

/** The field with its CRLF. */
export function receivedField(transaction: MilterTransaction, date: Date): Buffer {
  const { client, id, helo, envelope } = transaction
  const host = word(transaction.macro('j') ?? 'localhost')
  const at = date.toUTCString().replace('GMT', '+0000 (UTC)')
  if (client === undefined) return lines([`Received: by ${host} (Postfix)`, `id ${id}; ${at}`])
  const name = word(client.name ?? 'unknown')
  const address = client.address.includes(':') ? `IPv6:${client.address}` : client.address
  const from = `Received: from ${word(helo ?? client.name ?? 'unknown')} (${name} [${word(address)}])`
  const protocol = `ESMTP${tls(transaction) === undefined ? '' : 'S'}${client.login === undefined ? '' : 'A'}`
  const by = `by ${host} (Postfix) with ${protocol} id ${id}`
  const [recipient] = envelope.recipients
  const rest = transaction.size === 1 ? [by, `for <${word(recipient)}>; ${at}`] : [`${by};`, at]
  return lines([from, ...(tls(transaction) ?? []), ...rest])
}

function tls(transaction: MilterTransaction): readonly string[] | undefined {
  const version = transaction.macro('{tls_version}')
  if (version === undefined || version === '') return undefined
  const bits = word(transaction.macro('{cipher_bits}') ?? '')
  return [`(using ${word(version)} with cipher ${word(transaction.macro('{cipher}') ?? '')} (${bits}/${bits} bits))`]
}

/** A text of somebody else: no line of the header ends in it. */
function word(text: string): string {
  return text.slice(0, WORD_LIMIT).replace(/\p{Cc}/gu, '?')
}

function lines(parts: readonly string[]): Buffer {
  return Buffer.from(`${parts.join('\r\n\t')}\r\n`)
}
