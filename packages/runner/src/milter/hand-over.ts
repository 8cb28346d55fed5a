/**
 * Hands the message to an SMTP service for some of its recipients: those who are to get another message than the ones whom Postfix
 * serves. That is rare, so there is a connection for each.
 */
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Deadline } from '../chain/deadline.js'
import type { HandOverResult } from '../delivery/next-hop.js'
import { resultOf } from '../delivery/smtp-next-hop.js'
import { isTaken, runTransaction, type SmtpTransaction } from '../delivery/smtp-transaction.js'
import type { Log } from '../log/log.js'
import { errorText } from '../os/error-text.js'
import { SmtpClient } from '../smtp/client.js'

/** Throws `NEXT_HOP` for everything that is not about the message, and what the deadline aborted with. */
export async function handOver(
  address: ServiceAddress | undefined,
  transaction: Omit<SmtpTransaction, 'beforeEnd'>,
  deadline: Deadline,
  log: Log,
): Promise<HandOverResult> {
  if (address === undefined) throw new CandyError('NEXT_HOP', 'candy.toml names no [smtp] next_hop')
  const client = SmtpClient.connect(address, { signal: deadline.signal })
  try {
    const reply = await runTransaction(client, { ...transaction, beforeEnd: () => deadline.throwIfAborted() }, log)
    return isTaken(reply) ? { delivered: true } : resultOf(reply)
  } catch (error) {
    deadline.throwIfAborted()
    if (error instanceof Error && 'code' in error && error.code !== 'SMTP') throw error
    throw new CandyError('NEXT_HOP', `the next hop failed: ${errorText(error)}`)
  } finally {
    client.close()
  }
}
