/**
 * What upstream hears: from an outcome, from a reply of the next hop, or from trouble. Whatever is not known to be the
 * message's own fault is temporary.
 */
import { printable } from '@candy/sdk'
import type { Outcome } from '../chain/outcome.js'
import { isAboutMessage } from '../delivery/about-message.js'
import { answerTo } from '../delivery/answer.js'
import { makeReply, printReply, type Reply } from '../smtp/reply.js'
import type { Relay } from './relay.js'

/** Something broke that is nobody's verdict. The reason belongs in the log, not in mail. */
export const UNAVAILABLE: Reply = makeReply(451, '4.3.0 content filter unavailable')

/** RFC 3463 4.3.1: "mail system full". */
export const NO_ROOM: Reply = makeReply(452, '4.3.1 content filter has no room')

/** RFC 1870 §6.1 and RFC 3463 5.3.4, in Postfix's words. */
export const TOO_BIG: Reply = makeReply(552, "5.3.4 message size exceeds the next hop's limit")

/**
 * The next hop's reply as it may go on. After the queue a 5xx that is not about the message is the installation's fault,
 * and would bounce everyone's mail: it becomes temporary. So does 421 (RFC 5321 §3.8), which ends only our connection.
 */
export function relayedReply(reply: Reply, queue: Relay['queue']): Reply {
  const { code, lines } = reply
  if (code === 421) return { code: 451, lines }
  if (code >= 200 && code < 300) return reply
  if (code >= 400 && code < 500) return reply
  if (code >= 500 && (queue === 'before' || isAboutMessage(reply))) return reply
  return makeReply(451, `4.3.0 next hop said: ${printable(printReply(reply))}`)
}

/** The answer to an outcome that keeps the message from going on. `kept` is its name in the quarantine. */
export function stoppedReply(outcome: Outcome, kept?: string): Reply {
  const { code, text } = answerTo(outcome)
  const { filter, text: why } = outcome.reason ?? {}
  if (kept !== undefined) return makeReply(code, printable(`2.0.0 quarantined as ${kept} by ${filter}: ${why}`))
  if (outcome.action === 'discard') return makeReply(code, printable(`2.0.0 discarded by ${filter}: ${why}`))
  return makeReply(code, text)
}
