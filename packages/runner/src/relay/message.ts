/**
 * One message in the relay: received after DATA, judged, then delivered, quarantined or refused. It ends in replies, and a
 * positive reply comes only after the next hop or the quarantine has the message.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Client } from '@candy/sdk'
import { Deadline } from '../chain/deadline.js'
import { answerTo, quarantinedAnswer, replyOf, UNAVAILABLE } from '../delivery/answer.js'
import type { EnvelopeCommands } from '../delivery/envelope-commands.js'
import { logJudged } from '../delivery/judged-line.js'
import { codeOf, recordOf } from '../delivery/judged-record.js'
import { relayedReply } from '../delivery/next-hop-reply.js'
import type { NextHopTransaction, Transaction } from '../delivery/next-hop-transaction.js'
import {
  deliverEach,
  deliverTogether,
  type OutcomeActions,
  type RecipientAnswer,
} from '../delivery/outcome-delivery.js'
import { makeOwnId, withOwnId } from '../delivery/own-id.js'
import { quarantine } from '../delivery/quarantined.js'
import { cleaning } from '../message/cleaning.js'
import { messageIdOf } from '../message/header-block.js'
import type { MailObject } from '../message/mail-object.js'
import { type Spool, startIntake } from '../message/spool.js'
import { addressIn } from '../smtp/command.js'
import type { ServerConnection } from '../smtp/connection.js'
import { DataReader } from '../smtp/data-reader.js'
import { isPositive, makeReply, printReply, type Reply } from '../smtp/reply.js'
import { type ClientAttributes, parseXforward, plainAddress } from '../smtp/xforward.js'
import type { Relay } from './relay.js'
import { recordUnjudged } from './unjudged.js'

export const UNAVAILABLE_REPLY: Reply = replyOf(UNAVAILABLE)

/** RFC 3463 4.3.1: "mail system full". */
const NO_ROOM: Reply = makeReply(452, '4.3.1 content filter has no room')

/** RFC 1870 §6.1 and RFC 3463 5.3.4, in Postfix's words. */
const TOO_BIG: Reply = makeReply(552, "5.3.4 message size exceeds the next hop's limit")

/**
 * Reads the message of the transaction from the client, of at most `limit` bytes. Returns the reply to it when it cannot be kept. Throws when the
 * client has disconnected.
 */
export async function receiveMessage(
  { mode, spool, cleanup, log }: Relay,
  client: ServerConnection,
  { xforward }: Transaction,
  limit: number | undefined,
): Promise<Spool | Reply> {
  const reader = new DataReader()
  const intake = mode === 'smtp-before' ? cleaning(startIntake(spool), cleanup) : startIntake(spool)
  try {
    await client.data(reader, (piece) => intake.append(piece), limit)
    const received = await intake.finish()
    if (reader.bareLineEnds > 0) log.write('warn', `normalized ${reader.bareLineEnds} bare line ends`)
    return received
  } catch (error) {
    await intake.close()
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
    if (client.disconnected === undefined) {
      const id = parseXforward(xforward).get('IDENT')
      const known = { ...(id !== undefined && { id }), ...(code === 'SPOOL' && { code }) }
      log.write('error', 'message not received', { ...known, error: String(message ?? error) })
    }
    await client.skip(reader)
    if (code === 'DATA_TOO_LONG') return TOO_BIG
    return code === 'SPOOL' ? NO_ROOM : UNAVAILABLE_REPLY
  }
}

/** Writes into the history that the message could not be received, unless the client is gone and hears no reply. */
export function recordNotReceived(
  relay: Relay,
  transaction: Transaction,
  reply: Reply,
  client: ServerConnection,
): void {
  if (client.disconnected !== undefined) return
  const recipients = transaction.recipients.length
  if (reply === TOO_BIG) recordUnjudged(relay, transaction, { recipients, reason: 'NEXT_HOP', refused: true })
  else recordUnjudged(relay, transaction, { recipients, reason: reply === NO_ROOM ? 'SPOOL' : 'ERROR' })
}

/**
 * Judges the message and does what was decided. Yields each reply as soon as it is known, with the positions of the
 * recipients that it is for; in SMTP one for all. When the client disconnects it will send the message again, so the message
 * is not delivered. Throws nothing; what fails is logged, and the reply is temporary.
 */
export async function* relayMessage(
  relay: Relay,
  nextHop: NextHopTransaction,
  content: Spool,
  client: ServerConnection,
): AsyncGenerator<RecipientAnswer<Reply>, void, void> {
  const receivedAt = performance.now()
  const { transaction } = nextHop
  const message = mailObjectOf(transaction, content)
  const deadline = new Deadline(undefined, relay.deadline)
  client.onDisconnect((error) => deadline.abort(error))
  const messageId = await messageIdOf(content)
  const groups = await relay.chain.run(message, deadline)
  const unanswered = new Set(transaction.recipients.keys())
  const actions = outcomeActions(
    relay,
    nextHop,
    { id: message.id, transaction, messageId, receivedAt },
    deadline,
    client,
  )
  try {
    if (relay.protocol === 'smtp') {
      const answer = (await deliverTogether(groups, actions)).at(-1)?.reply ?? UNAVAILABLE_REPLY
      yield { positions: [...unanswered], answer }
      return
    }
    for await (const { positions, answer } of deliverEach(groups, actions)) {
      for (const position of positions) unanswered.delete(position)
      yield { positions, answer: answer.reply }
    }
  } catch (error) {
    yield { positions: [...unanswered], answer: actions.fail(error).reply }
  } finally {
    for (const { outcome } of groups) await outcome.close()
    client.onDisconnect(undefined)
    deadline.end()
  }
}

/** What the replies to a message, its log line and its record need. */
interface RelayedMessage {
  readonly id: string
  readonly transaction: Transaction
  readonly messageId: string | undefined
  /** When the message had been received: milliseconds of `performance.now()`. */
  readonly receivedAt: number
}

interface RelayAnswer {
  readonly reply: Reply
  /** The code of the error that has made it another reply than the outcome says. */
  readonly failure?: string
}

function outcomeActions(
  relay: Relay,
  nextHop: NextHopTransaction,
  { id, transaction, messageId, receivedAt }: RelayedMessage,
  deadline: Deadline,
  client: ServerConnection,
): OutcomeActions<RelayAnswer> {
  return {
    deliver: async ({ content, positions }) => {
      const reply = await nextHop.deliver(content, deadline, transactionFor(transaction, positions))
      const delivered = isPositive(reply)
      // Before the queue the reply goes to the client, which may take everything after "queued as" for the queue id.
      if (delivered && relay.mode === 'smtp-before') return { delivered, answer: { reply } }
      const answer = withOwnId(relayedReply(reply, relay.mode), id)
      if (!delivered) relay.log.write('warn', 'next hop refused', { id, reply: printReply(reply), answer: answer.code })
      return { delivered, answer: delivered ? { reply: answer } : { reply: answer, failure: 'NEXT_HOP' } }
    },
    // Also past the deadline: the next hop may have the message for other recipients already.
    quarantine: async (group) => {
      // The event loop gets a turn first, so that it is known when the client has disconnected.
      await turn()
      if (client.disconnected !== undefined) throw client.disconnected
      const commands = commandsOf(transactionFor(transaction, group.positions) ?? transaction)
      const name = await quarantine(group, { directory: relay.quarantine, mode: relay.mode, commands })
      return { reply: withOwnId(replyOf(quarantinedAnswer(group.outcome.reason, name)), id) }
    },
    answer: (outcome) => ({ reply: withOwnId(replyOf(answerTo(outcome)), id) }),
    fail: (error) => {
      const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
      const known = typeof code === 'string' ? { code } : {}
      relay.log.write('error', 'not delivered', { id, ...known, error: String(message ?? error) })
      const failure = client.disconnected === undefined ? codeOf(code) : 'UPSTREAM'
      return { reply: withOwnId(UNAVAILABLE_REPLY, id), failure }
    },
    log: (group, { reply, failure }) => {
      const { log, history, mode } = relay
      const common = { group, messageId, answer: printReply(reply), statusClass: statusClassOf(reply) }
      const judged = failure === undefined ? common : { ...common, failure }
      logJudged(log, judged)
      history.write(recordOf(judged, { mode, receivedAt, addresses: history.addresses }))
    },
  }
}

/** RFC 5321 §4.2.1: a reply that is neither positive nor permanent is temporary. */
function statusClassOf({ code }: Reply): 2 | 4 | 5 {
  if (code >= 200 && code < 300) return 2
  return code >= 500 && code < 600 ? 5 : 4
}

/** The transaction for some of its recipients; undefined when that is all of them. */
function transactionFor(transaction: Transaction, positions: readonly number[]): Transaction | undefined {
  const { recipients } = transaction
  if (positions.length === recipients.length) return undefined
  return { ...transaction, recipients: positions.flatMap((position) => recipients[position] ?? []) }
}

function commandsOf({ xforward, mail, recipients }: Transaction): EnvelopeCommands {
  return {
    xforward: xforward.map(({ line }) => line),
    mail: mail?.line ?? Buffer.from('MAIL FROM:<>'),
    recipients: recipients.map(({ line }) => line),
  }
}

function mailObjectOf({ xforward, mail, recipients }: Transaction, content: Spool): MailObject {
  const [first = '', ...others] = recipients.map(addressIn)
  const attributes = parseXforward(xforward)
  const client = clientOf(attributes)
  return {
    id: attributes.get('IDENT') ?? makeOwnId(),
    envelope: {
      sender: mail === undefined ? '' : addressIn(mail),
      recipients: [first, ...others],
      ...(client !== undefined && { client }),
    },
    content,
  }
}

function clientOf(attributes: ClientAttributes): Client | undefined {
  const address = attributes.get('ADDR')
  if (address === undefined) return undefined
  const name = attributes.get('NAME')
  const helo = attributes.get('HELO')
  const protocol = attributes.get('PROTO')
  return {
    address: plainAddress(address),
    ...(name !== undefined && { name }),
    ...(helo !== undefined && { helo }),
    ...(protocol !== undefined && { protocol }),
  }
}
