/**
 * Ids for messages that come without a queue id of Postfix: before the queue there is none yet, and mail from sendmail(1) has
 * none in XFORWARD. They are marked as candy's own, so that they are not taken for queue ids, and they are in the reply, so that
 * Postfix logs them.
 */
import type { Reply } from '../smtp/reply.js'

/** No queue id has a hyphen (postconf(5), enable_long_queue_ids). */
const PREFIX = 'candy-'

/** 48 random bits, the node field of a UUID: Node.js has random bytes for UUIDs in store, and asks the kernel for others. */
export function makeOwnId(): string {
  return `${PREFIX}${crypto.randomUUID().slice(-12)}`
}

/** The reply with the id at its end, when the id is candy's own and the reply does not have it yet. */
export function withOwnId(reply: Reply, id: string): Reply {
  const last = reply.lines.at(-1) ?? ''
  if (!id.startsWith(PREFIX) || last.includes(id)) return reply
  return { code: reply.code, lines: [...reply.lines.slice(0, -1), `${last} (${id})`] }
}
