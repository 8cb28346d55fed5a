/** One message in the relay: judged, then handed on, quarantined or refused. It ends in replies, and 2xx comes last. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Client } from '@candy/sdk'
import { Deadline } from '../chain/deadline.js'
import type { Subject } from '../chain/judge.js'
import { logJudged } from '../delivery/judged-line.js'
import {
  deliverEach,
  deliverTogether,
  type OutcomeActions,
  type RecipientAnswer,
} from '../delivery/outcome-delivery.js'
import { makeOwnId, withOwnId } from '../delivery/own-id.js'
import { quarantine } from '../delivery/quarantined.js'
import { messageIdOf } from '../message/message-id.js'
import type { Spool } from '../message/spool.js'
import { addressIn } from '../smtp/command.js'
import type { ServerConnection } from '../smtp/connection.js'
import { isPositive, printReply, type Reply } from '../smtp/reply.js'
import { type ClientAttributes, parseXforward, plainAddress } from '../smtp/xforward.js'
import type { NextHopTransaction, Transaction } from './next-hop-transaction.js'
import type { Relay } from './relay.js'
import { relayedReply, stoppedReply, UNAVAILABLE } from './replies.js'

/**
 * Judges the message and does what was decided. Yields each reply as soon as it is known, with the positions of the
 * recipients that it is for; in SMTP one for all. When the client goes away the message will come again, so it is not
 * delivered. Throws nothing; what fails is logged, and the reply is temporary.
 */
export async function* relayMessage(
  relay: Relay,
  nextHop: NextHopTransaction,
  content: Spool,
  client: ServerConnection,
): AsyncGenerator<RecipientAnswer<Reply>, void, void> {
  const { transaction } = nextHop
  const subject = subjectOf(transaction, content)
  const deadline = new Deadline(undefined, relay.deadline)
  client.watch((how) => deadline.abort(how))
  const fail = (error: unknown): Reply => {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
    const known = typeof code === 'string' ? { code } : {}
    relay.log.write('error', 'not delivered', { id: subject.id, ...known, error: String(message ?? error) })
    return withOwnId(UNAVAILABLE, subject.id)
  }
  const messageId = await messageIdOf(content)
  const groups = await relay.chain.run(subject, deadline)
  const unanswered = new Set(transaction.recipients.keys())
  try {
    const actions = {
      ...outcomeActions(relay, nextHop, { ...subject, transaction, messageId }, deadline, client),
      fail,
    }
    if (relay.protocol === 'smtp') {
      const answer = (await deliverTogether(groups, actions)).at(-1) ?? UNAVAILABLE
      yield { positions: [...unanswered], answer }
      return
    }
    for await (const answered of deliverEach(groups, actions)) {
      for (const position of answered.positions) unanswered.delete(position)
      yield answered
    }
  } catch (error) {
    yield { positions: [...unanswered], answer: fail(error) }
  } finally {
    for (const { outcome } of groups) await outcome.close()
    client.watch(undefined)
    deadline.end()
  }
}

/** A message under way, with what its replies and its log line need. */
interface Relayed {
  readonly id: string
  readonly transaction: Transaction
  readonly messageId: string | undefined
}

function outcomeActions(
  relay: Relay,
  nextHop: NextHopTransaction,
  { id, transaction, messageId }: Relayed,
  deadline: Deadline,
  client: ServerConnection,
): Omit<OutcomeActions<Reply>, 'fail'> {
  return {
    deliver: async ({ content, positions, groups: [group] }) => {
      const reply = await nextHop.deliver(content, deadline, partOf(transaction, positions))
      const taken = isPositive(reply)
      // The next hop's own words on success have its queue id, and so has the log line.
      const answer = taken ? reply : withOwnId(relayedReply(reply, relay.queue), id)
      if (!taken) {
        const fields = { id: String(group?.subject.id), reply: printReply(reply), answer: answer.code }
        relay.log.write('warn', 'next hop refused', fields)
      }
      return { taken, answer }
    },
    // Also past the deadline: the next hop may have the message for other recipients already.
    quarantine: async ({ subject, outcome }) => {
      // Lets what the client has sent meanwhile be seen: its end, above all.
      await turn()
      if (client.gone !== undefined) throw client.gone
      return withOwnId(stoppedReply(outcome, await quarantine(relay.quarantine, subject, outcome)), id)
    },
    answer: (outcome) => withOwnId(stoppedReply(outcome), id),
    judged: (group, reply) => {
      const temporary = reply.code >= 400 && reply.code < 500
      logJudged(relay.log, { group, messageId, answer: printReply(reply), temporary })
    },
  }
}

/** The transaction for some of its recipients; absent when that is all of them. */
function partOf(transaction: Transaction, positions: readonly number[]): Transaction | undefined {
  const { recipients } = transaction
  if (positions.length === recipients.length) return undefined
  return { ...transaction, recipients: positions.flatMap((position) => recipients[position] ?? []) }
}

function subjectOf({ xforward, mail, recipients }: Transaction, content: Spool): Subject {
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
