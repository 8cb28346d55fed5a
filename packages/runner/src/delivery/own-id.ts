/**
 * Ids for messages that come without a queue id of Postfix: before the queue there is none yet, and sendmail(1) mail has none
 * in XFORWARD. They are marked as candy's own, so that nobody looks for them in Postfix's log as queue ids, and the reply to
 * Postfix has them, so that Postfix's log does.
 */
import type { Reply } from '../smtp/reply.js'

/** No queue id has a hyphen (postconf(5), enable_long_queue_ids). */
const MARK = 'candy-'

/** 48 random bits, the node field of a UUID: Node.js keeps random bytes for UUIDs at hand, and asks the kernel for others. */
export function makeOwnId(): string {
  return `${MARK}${crypto.randomUUID().slice(-12)}`
}

/** The reply with the id at its end where the id is candy's own and the reply does not have it yet. */
export function withOwnId(reply: Reply, id: string): Reply {
  const last = reply.lines.at(-1) ?? ''
  if (!id.startsWith(MARK) || last.includes(id)) return reply
  return { code: reply.code, lines: [...reply.lines.slice(0, -1), `${last} (${id})`] }
}
