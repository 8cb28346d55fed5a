/**
 * What an upstream Postfix tells of its client (XFORWARD_README): attributes of one or more XFORWARD commands, the values
 * in xtext (RFC 3461 §4).
 */
import { argumentOf, type Command } from './command.js'

/** Upper-case names; what Postfix did not know is not there. */
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

function isUnknown(value: string): boolean {
  return value === '' || /^\[(?:UNAVAILABLE|TEMPUNAVAIL)\]$/i.test(value)
}

/** RFC 3461 §4: `+` and two hexadecimal digits are one byte. */
function decodeXtext(text: string): string {
  if (!text.includes('+')) return text
  const bytes = text.replace(/\+([0-9A-F]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
