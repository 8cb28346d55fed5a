/**
 * Tells whether the next hop refuses a message because of the message or because of the installation, and with which reply candy
 * passes that on to Postfix.
 *
 * Almost every 5xx means that something is wrong with the installation, and no mail may bounce for that. A few are about the
 * message: Postfix would refuse it without a filter, too, and if it tried again for five days the sender would only be told
 * later (docs/verdicts.md).
 */
import { printable } from '@candy/sdk'
import type { SmtpMode } from '../postfix/mode.js'
import { enhancedStatus, makeReply, printReply, type Reply } from '../smtp/reply.js'

/** RFC 3463 statuses that say what is wrong with a message or an address in it, and that no faulty setting gives to every message. */
const ABOUT_MESSAGE: ReadonlySet<string> = new Set([
  // "Bad destination mailbox address syntax" and "bad sender's mailbox address syntax": smtpd(8) says so with 501.
  '5.1.3',
  '5.1.7',
  // "Message length exceeds administrative limit" and "message too big for system".
  '5.2.3',
  '5.3.4',
  // "Routing loop detected": what other mail systems say to a message with too many Received fields.
  '5.4.6',
])

/** What cleanup(8) says to a message with more Received fields than hopcount_limit in postconf(5). */
const TOO_MANY_HOPS = { code: 554, status: '5.4.0' }

/**
 * The reply that Postfix gets for one of the next hop. In mode `smtp` the message comes from the queue, and a 5xx would bounce it,
 * so a 5xx that is not about the message becomes 451. In both modes so does 421, with which the next hop ends its connection with
 * candy (RFC 5321 §3.8): the one between Postfix and candy goes on.
 */
export function relayedReply(reply: Reply, mode: SmtpMode): Reply {
  const { code, lines } = reply
  if (code === 421) return { code: 451, lines }
  if (code >= 200 && code < 300) return reply
  if (code >= 400 && code < 500) return reply
  if (code >= 500 && (mode === 'smtp-before' || isAboutMessage(reply))) return reply
  return makeReply(451, `4.3.0 next hop said: ${printable(printReply(reply))}`)
}

/**
 * Whether a refusal is about the message. 5.6.x always is: it is about the content (RFC 3463 §3.7), or content or addresses need
 * an extension that the next hop does not have (5.6.7, RFC 6531 §3.5).
 */
export function isAboutMessage(reply: Reply): boolean {
  const status = enhancedStatus(reply)
  if (status === undefined || reply.code < 500) return false
  if (reply.code === TOO_MANY_HOPS.code && status === TOO_MANY_HOPS.status) return true
  return ABOUT_MESSAGE.has(status) || status.startsWith('5.6.')
}
