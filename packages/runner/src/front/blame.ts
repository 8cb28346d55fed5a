/**
 * Whose fault is a 5xx of the next hop? Almost always the installation's, and then nobody's mail may bounce for it. A
 * short list is about the message, and Postfix would say the same without a filter.
 */
import { enhancedStatus, type Reply } from '../smtp/reply.js'

/** Too big (RFC 3463 x.3.4), or its content or addresses need what the next hop has not (x.6.x; RFC 6531 §3.5: x.6.7). */
export function isAboutMessage(reply: Reply): boolean {
  const status = enhancedStatus(reply)
  if (status === undefined || reply.code < 500) return false
  return (reply.code === 552 && status === '5.3.4') || /^5\.6\./.test(status)
}
