/** Hands a message of pipe mode to an SMTP service, the re-injection service `candy-in`: one message per connection. */
import { CandyError, printable } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Log } from '../log/log.js'
import { errorText } from '../os/error-text.js'
import { SmtpClient } from '../smtp/client.js'
import { enhancedStatus, type Reply } from '../smtp/reply.js'
import { makeCommands } from './envelope-commands.js'
import type { HandOverResult, NextHop } from './next-hop.js'
import { isAboutMessage } from './next-hop-reply.js'
import { isTaken, runTransaction, unexpected } from './smtp-transaction.js'

export interface SmtpNextHopOptions {
  readonly address: ServiceAddress
  /** Whether mail from this host's own addresses counts as its own, as mail from sendmail(1) does. */
  readonly ownClientsAreLocal: boolean
  readonly log: Log
}

/** When the next hop refuses XFORWARD, which is for its log, that is logged, and the message is sent all the same. */
export function smtpNextHop({ address, ownClientsAreLocal, log }: SmtpNextHopOptions): NextHop {
  return {
    handOver: async (message, deadline) => {
      const { id, content, addresses } = message
      const client = SmtpClient.connect(address, { signal: deadline.signal })
      try {
        const commands = makeCommands(message, ownClientsAreLocal, addresses)
        const beforeEnd = (): void | Promise<void> => message.assertUpstream()
        const reply = await runTransaction(client, { id, commands, content, beforeEnd }, log)
        return isTaken(reply) ? { delivered: true } : resultOf(reply)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code !== 'SMTP') throw error
        throw new CandyError('NEXT_HOP', `the next hop failed: ${errorText(error)}`)
      } finally {
        client.close()
      }
    },
  }
}

/** What a refusal of the next hop means. Throws `NEXT_HOP` when it is not about the message. */
export function resultOf(refusal: Reply): HandOverResult {
  if (!isAboutMessage(refusal)) throw unexpected(refusal)
  const status = enhancedStatus(refusal) ?? '5.6.0'
  return { delivered: false, status, text: printable(refusal.lines.join(' ').replace(status, '')) }
}
