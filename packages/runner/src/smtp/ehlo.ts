/** What a server offered in its reply to EHLO or LHLO (RFC 5321 §4.1.1.1). */
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
