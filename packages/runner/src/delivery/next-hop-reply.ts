/**
 * What a refusal of the next hop is about, and what of it Postfix may be told. A 5xx is almost always about the installation,
 * and then nobody's mail may bounce for it. A short list is about the message, and Postfix would say the same without a filter:
 * trying again for five days changes nothing but the time at which the sender is told (docs/verdicts.md).
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
 * The next hop's reply as Postfix may be told it. After the queue a 5xx that is not about the message would bounce mail because
 * of the installation, so it becomes temporary. So does 421, which ends only candy's own connection (RFC 5321 §3.8).
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
 * Whether a refusal is about the message. It is, too, where the message's content or addresses need an extension that the next
 * hop does not have (x.6.x; RFC 6531 §3.5: x.6.7).
 */
export function isAboutMessage(reply: Reply): boolean {
  const status = enhancedStatus(reply)
  if (status === undefined || reply.code < 500) return false
  if (reply.code === TOO_MANY_HOPS.code && status === TOO_MANY_HOPS.status) return true
  return ABOUT_MESSAGE.has(status) || status.startsWith('5.6.')
}
