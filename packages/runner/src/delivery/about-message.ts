/**
 * Whose fault is a 5xx of the next hop? Almost always the installation's, and then nobody's mail may bounce for it. A
 * short list is about the message, and Postfix would say the same without a filter: trying again for five days changes
 * nothing but the time at which the sender hears of it.
 */
import { enhancedStatus, type Reply } from '../smtp/reply.js'

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

/** Also true where its content or its addresses need what the next hop has not (x.6.x; RFC 6531 §3.5: x.6.7). */
export function isAboutMessage(reply: Reply): boolean {
  const status = enhancedStatus(reply)
  if (status === undefined || reply.code < 500) return false
  if (reply.code === TOO_MANY_HOPS.code && status === TOO_MANY_HOPS.status) return true
  return ABOUT_MESSAGE.has(status) || status.startsWith('5.6.')
}
