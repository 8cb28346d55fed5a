/**
 * The commands that bring a message to the next hop before DATA: XFORWARD, MAIL and RCPT (RFC 5321 §3.3, XFORWARD_README), as the
 * bytes they are. In the SMTP modes they are those that Postfix has sent. pipe(8) sends none, so they are made from what it tells.
 */
import { CandyError, type Envelope } from '@candy/sdk'
import type { MailObject } from '../message/mail-object.js'
import { pathAndParameters } from '../smtp/command.js'
import type { Extensions } from '../smtp/ehlo.js'
import { announcedAttributes, markedAddress, printXforward } from '../smtp/xforward.js'
import { originOf } from './origin.js'

/** Lines without CRLF. */
export interface EnvelopeCommands {
  readonly xforward: readonly Uint8Array[]
  readonly mail: Uint8Array
  /** One for each recipient, in order. */
  readonly recipients: readonly Uint8Array[]
}

/** The addresses of an envelope as the bytes that came. They need not be UTF-8, as the addresses of an `Envelope` are. */
export interface EnvelopeBytes {
  readonly sender: Uint8Array
  readonly recipients: readonly Uint8Array[]
}

export function bytesOf({ sender, recipients }: Envelope): EnvelopeBytes {
  return { sender: Buffer.from(sender), recipients: recipients.map((recipient) => Buffer.from(recipient)) }
}

/** The addresses with the recipients in these positions alone. */
export function bytesFor({ sender, recipients }: EnvelopeBytes, positions: readonly number[]): EnvelopeBytes {
  return { sender, recipients: positions.flatMap((position) => recipients[position] ?? []) }
}

/** The extension that a parameter of MAIL or RCPT belongs to (RFC 1870, 6152, 6531, 3461). */
const EXTENSIONS: Readonly<Record<string, string>> = {
  SIZE: 'SIZE',
  BODY: '8BITMIME',
  SMTPUTF8: 'SMTPUTF8',
  RET: 'DSN',
  ENVID: 'DSN',
  NOTIFY: 'DSN',
  ORCPT: 'DSN',
}

/**
 * Makes the commands for a message that came without any: who the client was, as far as pipe(8) told, whether the mail is local, the
 * queue id, and the envelope. `ownClientsAreLocal` says whether mail from this host's own addresses counts as its own, as mail from
 * sendmail(1) does.
 *
 * pipe(8) does not tell BODY and SMTPUTF8. BODY=8BITMIME does no harm when it is not needed (RFC 6152). SMTPUTF8 binds every server
 * further on, so only an address asks for it, and not raw 8-bit bytes in the header, which Postfix sends to any server.
 *
 * `addresses` are those of the envelope, as the bytes that came. Throws `NEXT_HOP` for an address that would end a command.
 */
export function makeCommands(
  { id, envelope, content }: MailObject,
  ownClientsAreLocal: boolean,
  addresses: EnvelopeBytes = bytesOf(envelope),
): EnvelopeCommands {
  const { client } = envelope
  const [sender = '', ...recipients] = [addresses.sender, ...addresses.recipients].map(path)
  const attributes = new Map(
    Object.entries({
      NAME: client?.name ?? '',
      ADDR: client === undefined ? '' : markedAddress(client.address),
      PROTO: client?.protocol ?? '',
      HELO: client?.helo ?? '',
      IDENT: id,
      SOURCE: originOf(client?.address, ownClientsAreLocal),
    }),
  )
  const international = [sender, ...recipients].some((address) => /[^\0-\x7f]/.test(address))
  const parameters = [`SIZE=${content.size}`, 'BODY=8BITMIME', ...(international ? ['SMTPUTF8'] : [])]
  return {
    xforward: printXforward(attributes).map((line) => Buffer.from(line)),
    mail: Buffer.from([`MAIL FROM:<${sender}>`, ...parameters].join(' '), 'latin1'),
    recipients: recipients.map((recipient) => Buffer.from(`RCPT TO:<${recipient}>`, 'latin1')),
  }
}

/**
 * The commands without what the next hop does not offer, as Postfix's own client sends them: attributes of XFORWARD, and parameters of
 * MAIL and RCPT. An address outside ASCII is sent as it is then, as Postfix does with `smtputf8_enable = no`.
 */
export function commandsFor(
  extensions: Extensions,
  { xforward, mail, recipients }: EnvelopeCommands,
): EnvelopeCommands {
  const announced = extensions.get('XFORWARD') ?? ''
  return {
    xforward: xforward.flatMap((line) => announcedAttributes(line, announced)),
    mail: withOffered(mail, extensions),
    recipients: recipients.map((line) => withOffered(line, extensions)),
  }
}

function withOffered(line: Uint8Array, extensions: Extensions): Uint8Array {
  const { path, parameters } = pathAndParameters(Buffer.from(line))
  const offered = parameters.filter((parameter) => {
    const extension = EXTENSIONS[/^[^=]*/.exec(parameter)?.[0].toUpperCase() ?? '']
    return extension === undefined || extensions.has(extension)
  })
  return offered.length === parameters.length ? line : Buffer.from([path, ...offered].join(' '), 'latin1')
}

/** One character for each byte. */
function path(address: Uint8Array): string {
  const text = Buffer.from(address).toString('latin1')
  if (/[\0\r\n]/.test(text)) throw new CandyError('NEXT_HOP', 'an address with a line end in it')
  return text
}
