/** The extensions in a server's reply to EHLO or LHLO (RFC 5321 §4.1.1.1), and those that a relay may offer in turn. */
import type { Reply } from './reply.js'

/** Keywords in upper case, each with its parameters as the server wrote them. */
export type Extensions = ReadonlyMap<string, string>

export function parseExtensions(reply: Reply): Extensions {
  return new Map(
    reply.lines.slice(1).map((line) => {
      const [keyword = '', ...parameters] = line.trim().split(/[ =]/)
      return [keyword.toUpperCase(), parameters.join(' ')]
    }),
  )
}

/**
 * Extensions that work through a relay that sends commands as they came and holds the message back to judge it. Not STARTTLS and
 * AUTH, which are about one connection; not CHUNKING, since the relay does not take BDAT; not XCLIENT, VRFY and ETRN, which
 * only hosts that the next hop trusts may use.
 */
const RELAYED: ReadonlySet<string> = new Set([
  'PIPELINING',
  'SIZE',
  '8BITMIME',
  'SMTPUTF8',
  'DSN',
  'ENHANCEDSTATUSCODES',
  'XFORWARD',
])

/** RFC 1870 §4: bytes of the largest message that the server accepts. Undefined when it names none, or what is no number of bytes. */
export function sizeLimit(extensions: Extensions): number | undefined {
  const digits = /^0*([1-9]\d{0,14})$/.exec(extensions.get('SIZE') ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The keyword lines to offer, in the order in which the next hop wrote them; SIZE with a parameter only where that is a limit. */
export function relayedKeywords(extensions: Extensions): readonly string[] {
  const limit = sizeLimit(extensions)
  const offered = [...extensions]
    .filter(([keyword]) => RELAYED.has(keyword))
    .map(([keyword, parameters]) => [keyword, keyword === 'SIZE' ? String(limit ?? '') : parameters] as const)
  return offered.map(([keyword, parameters]) => (parameters === '' ? keyword : `${keyword} ${parameters}`))
}
