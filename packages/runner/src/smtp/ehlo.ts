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

/** RFC 1870 §4: bytes of the largest message that the server takes. Absent where it says none, and where what it says is no number of bytes. */
export function sizeLimit(extensions: Extensions): number | undefined {
  const digits = /^0*([1-9]\d{0,14})$/.exec(extensions.get('SIZE') ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The keyword lines to offer on, in the order in which the next hop wrote them; of SIZE only what is a limit. */
export function relayedKeywords(extensions: Extensions): readonly string[] {
  const limit = sizeLimit(extensions)
  const offered = [...extensions]
    .filter(([keyword]) => RELAYED.has(keyword))
    .map(([keyword, parameters]) => [keyword, keyword === 'SIZE' ? String(limit ?? '') : parameters] as const)
  return offered.map(([keyword, parameters]) => (parameters === '' ? keyword : `${keyword} ${parameters}`))
}
