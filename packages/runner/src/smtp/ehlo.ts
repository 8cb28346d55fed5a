/** What a server offers in its reply to EHLO or LHLO (RFC 5321 §4.1.1.1), and what of it a relay may offer on. */
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
 * What survives a relay that passes commands on as they came and holds the message back to judge it. Not STARTTLS and
 * AUTH, which are about one connection; not CHUNKING, whose BDAT it would have to judge; not XCLIENT, VRFY and ETRN,
 * which strangers to the next hop's network have no business with.
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

/** The keyword lines to offer on, in the order in which the next hop wrote them. */
export function relayedKeywords(extensions: Extensions): readonly string[] {
  const offered = [...extensions].filter(([keyword]) => RELAYED.has(keyword))
  return offered.map(([keyword, parameters]) => (parameters === '' ? keyword : `${keyword} ${parameters}`))
}
