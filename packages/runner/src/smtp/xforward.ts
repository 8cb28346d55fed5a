/**
 * What Postfix tells of its client (XFORWARD_README): attributes of one or more XFORWARD commands, the values in xtext (RFC 3461
 * §4).
 */
import { argumentOf, type Command } from './command.js'

/** By name in upper case, without those that Postfix did not know. */
export type ClientAttributes = ReadonlyMap<string, string>

export function parseXforward(commands: Iterable<Command>): ClientAttributes {
  const attributes = new Map<string, string>()
  for (const command of commands) {
    for (const word of argumentOf(command).split(/ +/)) {
      const equals = word.indexOf('=')
      const value = decodeXtext(word.slice(equals + 1))
      if (equals > 0 && !isUnknown(value)) attributes.set(word.slice(0, equals).toUpperCase(), value)
    }
  }
  return attributes
}

/** XFORWARD_README: `IPV6:` stands before an IPv6 address. */
export function plainAddress(address: string): string {
  return address.replace(/^IPV6:/i, '')
}

/** XFORWARD_README: "attribute values must be no longer than 255 characters after decoding"; smtpd(8) counts before it. */
const VALUE_LIMIT = 255

/** One XFORWARD command for each attribute, so that a refusal of one leaves the others. Values that are too long are cut. */
export function printXforward(attributes: ClientAttributes): readonly string[] {
  return [...attributes]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `XFORWARD ${name}=${encodeXtext(value)}`)
}

/** The command with those attributes alone that the server announced; none where that leaves none. */
export function announcedAttributes(line: Uint8Array, announced: string): readonly Uint8Array[] {
  const names = announced.toUpperCase().split(' ')
  const words = Buffer.from(line).toString('latin1').split(/ +/).slice(1)
  const kept = words.filter((word) => names.includes(word.replace(/=.*/s, '').toUpperCase()))
  if (kept.length === words.length) return [line]
  return kept.length === 0 ? [] : [Buffer.from(['XFORWARD', ...kept].join(' '), 'latin1')]
}

/** The address as XFORWARD wants it. */
export function markedAddress(address: string): string {
  return address.includes(':') ? `IPV6:${address}` : address
}

function encodeXtext(value: string): string {
  const escaped = Buffer.from(value)
    .toString('latin1')
    .replace(/[^!-*,-<>-~]/g, (byte) => `+${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
  return escaped.slice(0, VALUE_LIMIT).replace(/\+.?$/, '')
}

function isUnknown(value: string): boolean {
  return value === '' || /^\[(?:UNAVAILABLE|TEMPUNAVAIL)\]$/i.test(value)
}

/**
 * RFC 3461 §4: `+` and two hexadecimal digits are one byte; the bytes are UTF-8. Control characters become `?`, as smtpd(8) does
 * it: the client chooses the values, and must not end a line or a string with them.
 */
function decodeXtext(text: string): string {
  if (/^[!-*,-~]*$/.test(text)) return text
  const bytes = text.replace(/\+([0-9A-F]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Buffer.from(bytes, 'latin1')
    .toString('utf8')
    .replace(/\p{Cc}/gu, '?')
}
