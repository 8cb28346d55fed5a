/**
 * Ids for messages that come without a queue id of Postfix: before the queue there is none yet, and mail from sendmail(1) has
 * none in XFORWARD. They are marked as candy's own, so that they are not taken for queue ids, and they are in the reply, so that
 * Postfix logs them.
 */
import { enhancedStatus, type Reply } from '../smtp/reply.js'

/** No queue id has a hyphen (postconf(5), enable_long_queue_ids). */
const PREFIX = 'candy-'

/** Bytes of the text in a line of a reply: 512 without its code, the blank and CRLF (RFC 5321 §4.5.3.1.5). */
const TEXT_LIMIT = 506

/** 48 random bits, the node field of a UUID: Node.js has random bytes for UUIDs in store, and asks the kernel for others. */
export function makeOwnId(): string {
  return `${PREFIX}${crypto.randomUUID().slice(-12)}`
}

/** Whether Postfix does not know the id. */
export function isOwnId(id: string): boolean {
  return id.startsWith(PREFIX)
}

/**
 * The reply with the id at its end, when the id is candy's own and the reply does not have it yet. Nothing of the reply is changed
 * or cut, since it may have the next hop's queue id: when the last line has no room, the id gets a line of its own.
 */
export function withOwnId(reply: Reply, id: string): Reply {
  const { code, lines } = reply
  const last = lines.at(-1) ?? ''
  if (!isOwnId(id) || last.includes(id)) return reply
  const signed = `${last} (${id})`
  if (signed.length <= TEXT_LIMIT) return { code, lines: [...lines.slice(0, -1), signed] }
  // RFC 2034 §4: each line of a reply has the status.
  return { code, lines: [...lines, [enhancedStatus(reply), `(${id})`].filter(Boolean).join(' ')] }
}
