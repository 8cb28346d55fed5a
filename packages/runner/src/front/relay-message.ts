/** One message in the relay: judged, then handed on, quarantined or refused. It ends in one reply, and 2xx comes last. */
import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Client } from '@candy/sdk'
import { startDeadline } from '../chain/deadline.js'
import type { Subject } from '../chain/judge.js'
import type { Outcome } from '../chain/outcome.js'
import type { Spool } from '../message/spool.js'
import { addressIn } from '../smtp/command.js'
import { isPositive, printReply, type Reply } from '../smtp/reply.js'
import { type ClientAttributes, parseXforward, plainAddress } from '../smtp/xforward.js'
import { logJudged, quarantine } from './record.js'
import type { Relay } from './relay.js'
import { answerStopped, passOn, UNAVAILABLE } from './relay-answer.js'
import type { Downstream, Transaction } from './relay-downstream.js'

/**
 * Judges the message and does what was decided. `gone` aborts when the client goes away: the message will come again, so
 * nothing may come of it now. Never throws; what goes wrong is logged and the answer temporary.
 */
export async function relayMessage(relay: Relay, down: Downstream, content: Spool, gone: AbortSignal): Promise<Reply> {
  const subject = subjectOf(down.transaction, content)
  const deadline = startDeadline(gone, relay.deadline)
  try {
    return await judge(relay, down, subject, deadline.signal)
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
    relay.log.write('error', 'not delivered', { id: subject.id, code: String(code), error: String(message ?? error) })
    return UNAVAILABLE
  } finally {
    deadline.end()
  }
}

async function judge(relay: Relay, down: Downstream, subject: Subject, signal: AbortSignal): Promise<Reply> {
  const outcome = await relay.chain.run(subject, signal)
  try {
    const reply = await act(relay, down, subject, outcome, signal)
    logJudged(relay.log, subject, outcome, printReply(reply), reply.code >= 400 && reply.code < 500)
    return reply
  } finally {
    await outcome.close()
  }
}

async function act(
  relay: Relay,
  down: Downstream,
  subject: Subject,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<Reply> {
  const assertWanted = async (): Promise<void> => {
    // Lets what has come from upstream in the meantime be seen: its end, above all.
    await turn()
    signal.throwIfAborted()
  }
  if (outcome.action === 'quarantine') {
    await assertWanted()
    return answerStopped(outcome, await quarantine(relay.quarantine, subject, outcome))
  }
  if (outcome.action !== 'accept') return answerStopped(outcome)
  const reply = await down.deliver(() => outcome.content.open(), signal, assertWanted)
  const answer = passOn(reply, relay.queue)
  if (!isPositive(reply)) {
    relay.log.write('warn', 'next hop refused', { id: subject.id, reply: printReply(reply), answer: answer.code })
  }
  return answer
}

function subjectOf({ xforward, mail, recipients }: Transaction, content: Spool): Subject {
  const [first = '', ...others] = recipients.map(addressIn)
  const attributes = parseXforward(xforward)
  const client = clientOf(attributes)
  return {
    id: attributes.get('IDENT') ?? randomId(),
    envelope: {
      sender: mail === undefined ? '' : addressIn(mail),
      recipients: [first, ...others],
      ...(client !== undefined && { client }),
    },
    content,
  }
}

/** 48 random bits, the node field of a UUID: Node.js keeps random bytes for UUIDs at hand, and asks the kernel for others. */
function randomId(): string {
  return randomUUID().slice(-12).toUpperCase()
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
