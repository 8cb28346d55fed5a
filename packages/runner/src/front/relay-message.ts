/** One message in the relay: judged, then handed on, quarantined or refused. It ends in replies, and 2xx comes last. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Client } from '@candy/sdk'
import { Deadline } from '../chain/deadline.js'
import type { Subject } from '../chain/judge.js'
import { messageIdOf } from '../message/message-id.js'
import type { Spool } from '../message/spool.js'
import { addressIn } from '../smtp/command.js'
import type { ServerConnection } from '../smtp/connection.js'
import { isPositive, printReply, type Reply } from '../smtp/reply.js'
import { type ClientAttributes, parseXforward, plainAddress } from '../smtp/xforward.js'
import { logJudged } from './judged-line.js'
import { makeOwnId, withOwnId } from './own-id.js'
import { quarantine } from './record.js'
import type { Relay } from './relay.js'
import { answerStopped, passOn, UNAVAILABLE } from './relay-answer.js'
import type { Downstream, Transaction } from './relay-downstream.js'
import { type Front, settleEach, settleTogether } from './settlement.js'

/**
 * Judges the message and does what was decided. `hear` is told what single recipients are answered, in LMTP; the reply
 * that is given back is for all who have heard none. When the client goes away, the message will come again, so nothing
 * may come of it now. Never throws; what goes wrong is logged and the answer temporary.
 */
export async function relayMessage(
  relay: Relay,
  down: Downstream,
  content: Spool,
  up: ServerConnection,
  hear: (positions: readonly number[], reply: Reply) => Promise<void> | undefined,
): Promise<Reply> {
  const { transaction } = down
  const subject = subjectOf(transaction, content)
  const deadline = new Deadline(undefined, relay.deadline)
  up.watch((how) => deadline.abort(how))
  const fail = (error: unknown): Reply => {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
    const known = typeof code === 'string' ? { code } : {}
    relay.log.write('error', 'not delivered', { id: subject.id, ...known, error: String(message ?? error) })
    return withOwnId(UNAVAILABLE, subject.id)
  }
  const messageId = await messageIdOf(content)
  const parties = await relay.chain.run(subject, deadline)
  try {
    const front = { ...speak(relay, down, { ...subject, transaction, messageId }, deadline, up), fail }
    if (relay.protocol === 'smtp') return (await settleTogether(parties, front)).at(-1) ?? UNAVAILABLE
    await settleEach(parties, front, hear)
    return UNAVAILABLE
  } catch (error) {
    return fail(error)
  } finally {
    for (const { outcome } of parties) await outcome.close()
    up.watch(undefined)
    deadline.end()
  }
}

/** A message under way, with what its replies and its log line need. */
interface Relayed {
  readonly id: string
  readonly transaction: Transaction
  readonly messageId: string | undefined
}

function speak(
  relay: Relay,
  down: Downstream,
  { id, transaction, messageId }: Relayed,
  deadline: Deadline,
  up: ServerConnection,
): Omit<Front<Reply>, 'fail'> {
  /** Lets what has come from upstream in the meantime be seen: its end, above all. */
  const assertThere = async (): Promise<void> => {
    await turn()
    if (up.gone !== undefined) throw up.gone
  }
  const assertWanted = async (): Promise<void> => {
    await assertThere()
    deadline.throwIfAborted()
  }
  return {
    deliver: async ({ content, positions, parties: [party] }) => {
      const reply = await down.deliver(content, deadline, assertWanted, partOf(transaction, positions))
      const taken = isPositive(reply)
      // The next hop's own words on success have its queue id, and so has the log line.
      const answer = taken ? reply : withOwnId(passOn(reply, relay.queue), id)
      if (!taken) {
        const fields = { id: String(party?.subject.id), reply: printReply(reply), answer: answer.code }
        relay.log.write('warn', 'next hop refused', fields)
      }
      return { taken, answer }
    },
    // Also past the deadline: who is told that it is late may have others' mail already.
    quarantine: async ({ subject, outcome }) => {
      await assertThere()
      return withOwnId(answerStopped(outcome, await quarantine(relay.quarantine, subject, outcome)), id)
    },
    answer: (outcome) => withOwnId(answerStopped(outcome), id),
    judged: (party, reply) => {
      const temporary = reply.code >= 400 && reply.code < 500
      logJudged(relay.log, { party, messageId, answer: printReply(reply), temporary })
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
