/** Hands a message of pipe mode to an SMTP service, the re-injection service `candy-in`, on a connection that messages share. */
import { CandyError } from '@candy/sdk'
import { errorText } from '../os/error-text.js'
import { type Command, parseCommand } from '../smtp/command.js'
import { isPositive, type Reply } from '../smtp/reply.js'
import type { ConnectionPool } from './connection-pool.js'
import { commandsFor, makeCommands } from './envelope-commands.js'
import type { NextHop, OutgoingMessage } from './next-hop.js'
import { NextHopTransaction } from './next-hop-transaction.js'
import { resultOf, type SmtpNextHopOptions } from './smtp-next-hop.js'
import { isTaken } from './smtp-transaction.js'

export interface PooledNextHopOptions extends SmtpNextHopOptions {
  readonly pool: ConnectionPool
  /** Milliseconds that the next hop has for a reply to anything but a message. */
  readonly replyTimeout: number
}

/** The name in EHLO. */
const NAME = 'localhost'

/** When the next hop refuses one recipient, the message is sent to none: pipe(8) takes one answer for all. */
export function pooledNextHop({ address, pool, replyTimeout, ownClientsAreLocal, log }: PooledNextHopOptions): NextHop {
  return {
    handOver: async (message, deadline) => {
      const transaction = new NextHopTransaction({ address, replyTimeout, pool }, log)
      try {
        await transaction.hello(NAME)
        const refusal = await sendEnvelope(transaction, message, ownClientsAreLocal)
        const reply = refusal ?? (await transaction.deliver(message.content, deadline))
        if (refusal === undefined && isTaken(reply)) return { delivered: true }
        await transaction.reset()
        return resultOf(reply)
      } catch (error) {
        deadline.throwIfAborted()
        if (error instanceof Error && 'code' in error && error.code !== 'SMTP') throw error
        throw new CandyError('NEXT_HOP', `the next hop failed: ${errorText(error)}`)
      } finally {
        transaction.close()
      }
    },
  }
}

/** Returns the first refusal. Throws why a command has no reply. */
async function sendEnvelope(
  transaction: NextHopTransaction,
  message: OutgoingMessage,
  ownClientsAreLocal: boolean,
): Promise<Reply | undefined> {
  const commands = makeCommands(message, ownClientsAreLocal, message.addresses)
  const { xforward, mail, recipients } = commandsFor(transaction.extensions, commands)
  for (const line of [...xforward, mail]) transaction.postpone(commandOf(line))
  const { replies, error } = await transaction.sendRecipients(recipients.map(commandOf))
  if (error !== undefined) throw error
  return replies.find((reply) => !isPositive(reply))
}

function commandOf(line: Uint8Array): Command {
  return parseCommand(Buffer.from(line))
}
