/**
 * One message of which Postfix waits for the answer: it is judged, what was decided is done, and the answer is made, as packets.
 *
 * Postfix keeps the message. It is told the changes and accepts, or refuses, or defers; what the quarantine has is discarded. Recipients
 * of whom the rules of a drop-in say something else are taken away from Postfix's message, when the quarantine or the re-injection service has theirs.
 * Whatever fails is a deferral: closing the connection would make Postfix defer the next messages of its session, too.
 */
import { accept, discard, removeRecipient, replaceBody, reply } from '@candy/milter'
import type { Bytes } from '@candy/sdk'
import { Deadline } from '../chain/deadline.js'
import type { RecipientGroup } from '../chain/recipient-group.js'
import { type Answer, answerTo, quarantinedAnswer, UNAVAILABLE } from '../delivery/answer.js'
import { logJudged } from '../delivery/judged-line.js'
import { codeOf, recordOf, unjudgedRecordOf } from '../delivery/judged-record.js'
import { type Delivery, deliverTogether, type OutcomeActions, planDeliveries } from '../delivery/outcome-delivery.js'
import { isOwnId } from '../delivery/own-id.js'
import { quarantine } from '../delivery/quarantined.js'
import { lend, type MessageContent } from '../message/content.js'
import { headersWithin, messageIdOf } from '../message/header-block.js'
import type { MailObject } from '../message/mail-object.js'
import type { Spool } from '../message/spool.js'
import { errorText } from '../os/error-text.js'
import { handOver } from './hand-over.js'
import { headerChanges } from './header-changes.js'
import type { Milter } from './milter.js'
import type { MilterTransaction } from './transaction.js'

type MilterAnswer = Pick<Answer, 'code' | 'status' | 'text'> & {
  /** The code of the error that has made it another answer than the outcome says. */
  readonly failure?: string
}

const ACCEPTED: MilterAnswer = { code: 250, status: '2.0.0', text: 'accepted' }

/** RFC 3463 4.3.1: "mail system full". */
const NO_ROOM: MilterAnswer = { code: 452, status: '4.3.1', text: 'content filter has no room' }

export interface MilterMessage {
  readonly transaction: MilterTransaction
  /** With the Received on top that Postfix does not show. */
  readonly content: Spool
}

/** What Postfix is told, in the order in which it is sent. */
export interface MilterReply {
  packets(): AsyncIterable<Buffer>
  /** Frees what the filters have written. */
  close(): Promise<void>
}

/** Judges the message, and does what was decided but for the changes that Postfix makes. Throws nothing. */
export async function answerMessage(milter: Milter, message: MilterMessage): Promise<MilterReply> {
  const { transaction, content } = message
  const receivedAt = performance.now()
  const mail: MailObject = { id: transaction.id, envelope: transaction.envelope, content }
  const deadline = new Deadline(undefined, milter.deadline)
  const messageId = await messageIdOf(content)
  const judged = await milter.chain.run(mail, deadline)
  const close = async (): Promise<void> => {
    for (const { outcome } of judged) await outcome.close()
  }
  try {
    const changes = new Map<MessageContent, readonly Buffer[]>()
    const groups: RecipientGroup[] = []
    for (const group of judged) groups.push(await withChanges(group, message, changes))
    const own = new OwnDelivery(await planDeliveries(groups))
    const actions = outcomeActions(milter, message, { messageId, receivedAt, deadline }, own)
    const answer = (await deliverTogether(groups, actions)).at(-1) ?? UNAVAILABLE
    return { packets: () => packetsOf(answer, own.made, message, changes), close }
  } catch (error) {
    milter.log.write('error', 'not delivered', { id: transaction.id, error: errorText(error) })
    return { packets: () => packetsOf(UNAVAILABLE, undefined, message, new Map()), close }
  } finally {
    deadline.end()
  }
}

/** The answer to a message that could not be kept, and so was not judged. */
export function answerToLost({ log, history }: Milter, transaction: MilterTransaction, error: unknown): Buffer {
  const { id, size: recipients } = transaction
  const { code } = error as { readonly code?: unknown }
  log.write('error', 'message not received', { id, error: errorText(error) })
  history.write(
    unjudgedRecordOf({ id, mode: 'milter', receivedAt: performance.now(), recipients, reason: codeOf(code) }),
  )
  return refusal(code === 'SPOOL' ? NO_ROOM : UNAVAILABLE, id)
}

/** The group with the changes of its header in `changes`; when Postfix cannot be asked to make them, its message is for the quarantine. */
async function withChanges(
  group: RecipientGroup,
  { content: original }: MilterMessage,
  changes: Map<MessageContent, readonly Buffer[]>,
): Promise<RecipientGroup> {
  const { outcome } = group
  if (outcome.action !== 'accept') return group
  const { content: final, rewritten, edits } = outcome
  const packets = await headerChanges({ original, final, rewritten, edits })
  if (packets !== undefined) {
    changes.set(final, packets)
    return group
  }
  // RFC 3463 6.0: "other or undefined media error".
  const reason = { filter: 'candy', text: 'too many header fields to be changed', status: [6, 0] } as const
  return { ...group, outcome: { ...outcome, action: 'quarantine', reason } }
}

interface Judged {
  readonly messageId: string | undefined
  /** When the message had been received: milliseconds of `performance.now()`. */
  readonly receivedAt: number
  readonly deadline: Deadline
}

/** The delivery that is Postfix's own. Where there are several it is the last of them, since the others may fail. */
class OwnDelivery {
  readonly #planned: Delivery | undefined
  /** Set once it is its turn. */
  made: Delivery | undefined

  constructor(deliveries: readonly Delivery[]) {
    this.#planned = deliveries.at(-1)
  }

  is({ positions }: Delivery): boolean {
    return this.#planned?.positions[0] === positions[0]
  }
}

function outcomeActions(
  { nextHop, quarantine: directory, log, history }: Milter,
  { transaction }: MilterMessage,
  { messageId, receivedAt, deadline }: Judged,
  own: OwnDelivery,
): OutcomeActions<MilterAnswer> {
  const { id } = transaction
  return {
    deliver: async (delivery) => {
      const { content, positions } = delivery
      if (own.is(delivery)) {
        own.made = delivery
        return { delivered: true, answer: ACCEPTED }
      }
      const result = await handOver(nextHop, { id, commands: transaction.commands(positions), content }, deadline, log)
      if (result.delivered) return { delivered: true, answer: ACCEPTED }
      return { delivered: false, answer: { code: 550, status: result.status, text: result.text, failure: 'NEXT_HOP' } }
    },
    quarantine: async (group) => {
      const commands = transaction.commands(group.positions)
      return quarantinedAnswer(group.outcome.reason, await quarantine(group, { directory, mode: 'milter', commands }))
    },
    answer: answerTo,
    fail: (error) => {
      const { code } = error as { readonly code?: unknown }
      const known = typeof code === 'string' ? { code } : {}
      log.write('error', 'not delivered', { id, ...known, error: errorText(error) })
      return { ...UNAVAILABLE, failure: codeOf(code) }
    },
    log: (group, { code, status, text, failure }) => {
      const common = { group, messageId, answer: `${code} ${status} ${text}`, statusClass: statusClassOf(code) }
      const judged = failure === undefined ? common : { ...common, failure }
      logJudged(log, judged)
      history.write(recordOf(judged, { mode: 'milter', receivedAt, addresses: history.addresses }))
    },
  }
}

function statusClassOf(code: number): 2 | 4 | 5 {
  if (code < 300) return 2
  return code < 500 ? 4 : 5
}

async function* packetsOf(
  answer: MilterAnswer,
  kept: Delivery | undefined,
  { transaction }: MilterMessage,
  changes: ReadonlyMap<MessageContent, readonly Buffer[]>,
): AsyncGenerator<Buffer, void, void> {
  if (answer.code >= 300) yield refusal(answer, transaction.id)
  // Without any recipient left, the mail would be gone without a word in Postfix's log.
  else if (kept === undefined) yield discard()
  else {
    const served = new Set(kept.positions)
    const others = Array.from({ length: transaction.size }, (_, position) => position).filter((one) => !served.has(one))
    const first = [
      ...(changes.get(kept.content) ?? []),
      ...others.map((one) => removeRecipient(transaction.recipientAt(one))),
    ]
    if (kept.groups.some(({ outcome }) => outcome.rewritten)) {
      if (first.length > 0) yield Buffer.concat(first)
      yield* replaceBody(bodyOf(kept.content))
      yield accept()
    } else yield Buffer.concat([...first, accept()])
  }
}

function refusal({ code, status, text }: MilterAnswer, id: string): Buffer {
  return reply(code, status, [isOwnId(id) ? `${text} (${id})` : text])
}

/** What follows the empty line after the header. */
async function* bodyOf(content: MessageContent): Bytes {
  const header = (await headersWithin(content))?.length ?? 0
  let skip = 2
  for await (const chunk of lend(content, header)) {
    const skipped = Math.min(skip, chunk.length)
    skip -= skipped
    if (chunk.length > skipped) yield chunk.subarray(skipped)
  }
}
