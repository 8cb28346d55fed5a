/**
 * Sends one message to an SMTP service such as `candy-in`, on a connection of its own. Commands are pipelined where the server offers
 * it (RFC 2920). The end of the message is sent only when nothing can fail on this side any more. Only a positive reply to it means
 * that the next hop has the message.
 */
import { CandyError, printable } from '@candy/sdk'
import type { Log } from '../log/log.js'
import type { MessageContent } from '../message/content.js'
import type { SmtpClient } from '../smtp/client.js'
import type { Extensions } from '../smtp/ehlo.js'
import { isPositive, printReply, type Reply } from '../smtp/reply.js'
import { commandsFor, type EnvelopeCommands } from './envelope-commands.js'

export interface SmtpTransaction {
  /** For the log. */
  readonly id: string
  readonly commands: EnvelopeCommands
  readonly content: Pick<MessageContent, 'open'>
  /** Called when all of the message but its end is sent. What it throws keeps the message from being delivered. */
  readonly beforeEnd: () => void | Promise<void>
}

/**
 * Runs the transaction on a new connection. Returns the first refusal, else the reply to the message. When the next hop refuses
 * XFORWARD, which only its log needs, that is logged, and the message is sent nevertheless. Throws `NEXT_HOP` when the next hop refuses
 * the connection, since that is no answer to this message, and SmtpError when it does not answer.
 */
export async function runTransaction(
  client: SmtpClient,
  transaction: SmtpTransaction,
  log: Pick<Log, 'write'>,
): Promise<Reply> {
  const extensions = await greet(client)
  const pipelining = extensions.has('PIPELINING')
  const { xforward, mail, recipients } = commandsFor(extensions, transaction.commands)
  await sendXforward(client, xforward, pipelining, { id: transaction.id, log })
  const refusal = await envelopeRefusal(client, [mail, ...recipients], pipelining)
  if (refusal !== undefined) return refusal
  const dataReply = await client.command('DATA')
  // No message was sent yet, so any other positive reply than 354 is an error of the server.
  if (dataReply.code !== 354 && dataReply.code < 400) throw unexpected(dataReply)
  if (dataReply.code !== 354) return dataReply
  const end = await client.data(transaction.content.open())
  await transaction.beforeEnd()
  return end()
}

/** Whether the reply says that the next hop has the message: 221 is the reply to QUIT. */
export function isTaken(reply: Reply): boolean {
  return isPositive(reply) && reply.code !== 221
}

export function unexpected(reply: Reply): CandyError {
  return new CandyError('NEXT_HOP', `the next hop answered ${printable(printReply(reply))}`)
}

async function greet(client: SmtpClient): Promise<Extensions> {
  const greeting = await client.reply()
  if (greeting.code !== 220) throw unexpected(greeting)
  const { reply, extensions } = await client.ehlo('localhost')
  if (reply.code !== 250) throw unexpected(reply)
  return extensions
}

async function sendXforward(
  client: SmtpClient,
  commands: readonly Uint8Array[],
  pipelining: boolean,
  { id, log }: { readonly id: string; readonly log: Pick<Log, 'write'> },
): Promise<void> {
  if (pipelining && commands.length > 0) client.sendLines(commands)
  for (const command of commands) {
    if (!pipelining) client.sendLines([command])
    const reply = await client.reply()
    if (reply.code === 421) throw unexpected(reply)
    if (isPositive(reply)) continue
    const fields = { id, command: Buffer.from(command).toString('latin1'), reply: printReply(reply) }
    log.write('warn', 'next hop refused XFORWARD, which is for its log', fields)
  }
}

/** Sends MAIL and RCPT. Returns the first refusal: when one recipient is refused, the message is sent to none of them. */
async function envelopeRefusal(
  client: SmtpClient,
  lines: readonly Uint8Array[],
  pipelining: boolean,
): Promise<Reply | undefined> {
  if (pipelining) client.sendLines(lines)
  let refusal: Reply | undefined
  for (const line of lines) {
    if (!pipelining) client.sendLines([line])
    const reply = await client.reply()
    if (!isPositive(reply)) refusal ??= reply
    if (refusal !== undefined && !pipelining) return refusal
  }
  return refusal
}
