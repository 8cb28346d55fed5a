/**
 * What Postfix's programs log about a message. Senders choose addresses, the Message-ID and the HELO name, and the server of a
 * recipient chooses its reply: each line is read from its start, a quoted address as one, and what a stranger has written to the
 * end of the line as one text.
 */
import { readPath, readPathAfter } from './logged-path.js'
import { QUEUE_ID } from './queue-id.js'

/** Something that happened to a message that has a queue id. */
export type QueueEvent =
  | {
      /** smtpd(8): the first recipient was accepted. `of` is the queue id that the message had before. */
      readonly kind: 'client'
      readonly client: string
      readonly login?: string
      readonly of?: string
    }
  | { readonly kind: 'pickup'; readonly uid: number; readonly sender: string; readonly of?: string }
  | { readonly kind: 'message-id'; readonly messageId: string }
  | { readonly kind: 'active'; readonly sender: string; readonly size: number; readonly recipients: number }
  | Delivery
  | { readonly kind: 'expired'; readonly text: string }
  | { readonly kind: 'notification'; readonly text: string; readonly queueId: string }
  | { readonly kind: 'removed' }
  | { readonly kind: 'note'; readonly text: string }

/** What a delivery agent has achieved for one recipient. */
export interface Delivery {
  readonly kind: 'delivery'
  readonly recipient: string
  /** The recipient before aliases and other rewriting. */
  readonly original?: string
  readonly relay: string
  /** Seconds since the message came in. */
  readonly delay: number
  /** RFC 3463. */
  readonly dsn: string
  /** `sent`, `deferred`, `bounced`, `expired`, ... */
  readonly status: string
  readonly text: string
}

/** The answer of smtpd(8) to a client whose message has no queue id: it was refused, or it went through a proxy filter. */
export interface ClientAnswer {
  readonly kind: 'answer'
  readonly accepted: boolean
  readonly client?: string
  readonly text: string
  readonly sender: string
  /** The last recipient, where there was one. */
  readonly recipient?: string
}

export type PostfixLine =
  | { readonly queueId: string; readonly event: QueueEvent }
  | { readonly queueId?: undefined; readonly event: ClientAnswer }

const ID_FIELD = new RegExp(`^(${QUEUE_ID}): `)
const CLIENT = new RegExp(
  `^client=([^\\s,[\\]]+\\[[^\\s\\]]*\\](?::\\d+)?)(?:, orig_queue_id=(${QUEUE_ID}))?(?:, orig_client=([^\\s,]+))?(?:, sasl_method=[^\\s,]+)?(?:, sasl_username=([^,]*))?`,
)
const ORIGINAL_ID = new RegExp(`^ orig_id=(${QUEUE_ID})$`)
const NOTIFICATION = new RegExp(`^((?:sender|postmaster) [a-z -]+ notification): (${QUEUE_ID})$`)
const ACTIVE = /^, size=(\d+), nrcpt=(\d+) \(queue active\)/
/** Between the addresses and the status Postfix writes only names, numbers and addresses of hosts. */
const RESULT = /^, relay=([^\s,]+)((?:, [a-z_]+=[^\s,]+)*), dsn=(\d\.\d{1,3}\.\d{1,3}), status=([a-z-]+)(?: \((.*)\))?$/
const ANSWER =
  /^(?:NOQUEUE: )?((?:milter-|proxy-)?reject|proxy-accept): [^:]+?(?: from ([^\s:[\]]*\[[^\s\]]*\](?::\d+)?))?: (.*)$/

/** Undefined for a line that is about no message. `text` stands behind the tag. */
export function parsePostfixLine(text: string): PostfixLine | undefined {
  const queueId = ID_FIELD.exec(text)?.[1]
  if (queueId !== undefined) return { queueId, event: parseEvent(text.slice(queueId.length + 2)) }
  const event = parseAnswer(text)
  return event === undefined ? undefined : { event }
}

function parseEvent(text: string): QueueEvent {
  if (text === 'removed') return { kind: 'removed' }
  return (
    parseOrigin(text) ?? parseSender(text) ?? parseDelivery(text) ?? parseNotification(text) ?? { kind: 'note', text }
  )
}

function parseOrigin(text: string): QueueEvent | undefined {
  const messageId = /^message-id=(.*)$/.exec(text)?.[1]
  if (messageId !== undefined) return { kind: 'message-id', messageId }
  const client = CLIENT.exec(text)
  if (client !== null) {
    const [, connected = '', of, original, login] = client
    return { kind: 'client', client: original ?? connected, ...(login && { login }), ...(of && { of }) }
  }
  const uid = /^uid=(\d+) from=/.exec(text)
  const sender = uid === null ? undefined : readPath(text, uid[0].length)
  if (uid === null || sender === undefined) return undefined
  const of = ORIGINAL_ID.exec(text.slice(sender.end))?.[1]
  return { kind: 'pickup', uid: Number(uid[1]), sender: sender.address, ...(of && { of }) }
}

/** The lines of qmgr(8). */
function parseSender(text: string): QueueEvent | undefined {
  const sender = readPathAfter('from=', text, 0)
  if (sender === undefined) return undefined
  const rest = text.slice(sender.end)
  const [, size, recipients] = ACTIVE.exec(rest) ?? []
  if (size !== undefined) {
    return { kind: 'active', sender: sender.address, size: Number(size), recipients: Number(recipients) }
  }
  return /^, status=(?:force-)?expired/.test(rest) ? { kind: 'expired', text: rest.slice(2) } : undefined
}

function parseDelivery(text: string): Delivery | undefined {
  const recipient = readPathAfter('to=', text, 0)
  if (recipient === undefined) return undefined
  const original = readPathAfter(', orig_to=', text, recipient.end)
  const result = RESULT.exec(text.slice(original?.end ?? recipient.end))
  if (result === null) return undefined
  const [, relay = '', fields = '', dsn = '', status = '', said = ''] = result
  // Before Postfix 3.5, and with info_log_addr_form = internal, addresses are not quoted: it is not certain where one ends.
  if (/>, (?:orig_to=|relay=)/.test(said)) return undefined
  return {
    kind: 'delivery',
    recipient: recipient.address,
    ...(original && { original: original.address }),
    relay,
    delay: Number(/, delay=([\d.]+)/.exec(fields)?.[1] ?? 0),
    dsn,
    status,
    text: said,
  }
}

function parseNotification(text: string): QueueEvent | undefined {
  const [, what, queueId] = NOTIFICATION.exec(text) ?? []
  return what === undefined || queueId === undefined ? undefined : { kind: 'notification', text: what, queueId }
}

/** `reject: RCPT from HOST[ADDRESS]: REPLY; from=<SENDER> to=<RECIPIENT> proto=ESMTP helo=<NAME>`. */
function parseAnswer(text: string): ClientAnswer | undefined {
  const [, what, client, rest = ''] = ANSWER.exec(text) ?? []
  if (what === undefined) return undefined
  const end = rest.indexOf('; from=<')
  // A reply may quote the client, and the HELO name is the client's: with a second envelope it is not known which one is Postfix's.
  if (end === -1 || rest.includes('; from=<', end + 1)) return undefined
  const sender = readPathAfter('; from=', rest, end)
  if (sender === undefined) return undefined
  // postscreen(8) writes a comma in between.
  const recipient = readPathAfter(' to=', rest, rest[sender.end] === ',' ? sender.end + 1 : sender.end)
  return {
    kind: 'answer',
    accepted: what === 'proxy-accept',
    ...(client && { client }),
    text: rest.slice(0, end),
    sender: sender.address,
    ...(recipient && { recipient: recipient.address }),
  }
}
