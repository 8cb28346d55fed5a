/**
 * Hands a message of pipe mode to an SMTP service, the re-injection service `candy-in`: one message per connection. What can be
 * pipelined is (RFC 2920). The final dot is sent only when nothing can fail on this side any more, and only a positive reply to
 * it says that the next hop has the message.
 */
import { CandyError, printable } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Log } from '../log/log.js'
import { errorText } from '../os/error-text.js'
import { SmtpClient } from '../smtp/client.js'
import type { Extensions } from '../smtp/ehlo.js'
import { enhancedStatus, isPositive, printReply, type Reply } from '../smtp/reply.js'
import { markedAddress, printXforward } from '../smtp/xforward.js'
import type { HandOverResult, NextHop, OutgoingMessage } from './next-hop.js'
import { isAboutMessage } from './next-hop-reply.js'
import { originOf } from './origin.js'

export interface SmtpNextHopOptions {
  readonly address: ServiceAddress
  /** Whether mail from this host's own addresses counts as its own, as mail from sendmail(1) does. */
  readonly ownClientsAreLocal: boolean
  readonly log: Log
}

/** When the next hop refuses XFORWARD, which is for its log, that is logged, and the message is sent all the same. */
export function smtpNextHop(hop: SmtpNextHopOptions): NextHop {
  return {
    handOver: async (message, signal) => {
      const client = SmtpClient.connect(hop.address, { signal })
      try {
        const extensions = await greet(client)
        await sendXforward(client, message, extensions, hop)
        const refusal = await sendMessage(client, message, extensions)
        return refusal === undefined ? { delivered: true } : resultOf(refusal)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code !== 'SMTP') throw error
        throw new CandyError('NEXT_HOP', `the next hop failed: ${errorText(error)}`)
      } finally {
        client.close()
      }
    },
  }
}

/** Throws `NEXT_HOP` when the next hop refuses the connection: that is about no message. */
async function greet(client: SmtpClient): Promise<Extensions> {
  const greeting = await client.reply()
  if (greeting.code !== 220) throw unexpected(greeting)
  const { reply, extensions } = await client.ehlo('localhost')
  if (reply.code !== 250) throw unexpected(reply)
  return extensions
}

/** Sends XFORWARD: who the client was, as far as pipe(8) told, whether the mail is local, and the queue id of the message. */
async function sendXforward(
  client: SmtpClient,
  message: OutgoingMessage,
  extensions: Extensions,
  { ownClientsAreLocal, log }: SmtpNextHopOptions,
): Promise<void> {
  const { name, address, protocol, helo } = message.envelope.client ?? {}
  const attributes = new Map(
    Object.entries({
      NAME: name ?? '',
      ADDR: address === undefined ? '' : markedAddress(address),
      PROTO: protocol ?? '',
      HELO: helo ?? '',
      IDENT: message.id,
      SOURCE: originOf(address, ownClientsAreLocal),
    }),
  )
  const commands = printXforward(attributes, extensions.get('XFORWARD') ?? '')
  const pipelining = extensions.has('PIPELINING')
  if (pipelining && commands.length > 0) client.send(...commands)
  for (const command of commands) {
    const reply = await (pipelining ? client.reply() : client.command(command))
    if (reply.code === 421) throw unexpected(reply)
    if (isPositive(reply)) continue
    const fields = { id: message.id, command, reply: printReply(reply) }
    log.write('warn', 'next hop refused XFORWARD, which is for its log', fields)
  }
}

/** Sends envelope and message. Returns the first refusal; undefined when the next hop has taken the message. */
async function sendMessage(
  client: SmtpClient,
  message: OutgoingMessage,
  extensions: Extensions,
): Promise<Reply | undefined> {
  const { envelope, content } = message
  const lines = [
    `MAIL FROM:<${path(envelope.sender)}>${parameters(message, extensions)}`,
    ...envelope.recipients.map((recipient) => `RCPT TO:<${path(recipient)}>`),
  ]
  const refusal = await envelopeReplies(client, lines, extensions.has('PIPELINING'))
  if (refusal !== undefined) return refusal
  const dataReply = await client.command('DATA')
  if (dataReply.code !== 354) return dataReply
  const end = await client.data(content.open())
  message.assertUpstream()
  const reply = await end()
  return isPositive(reply) && reply.code !== 221 ? undefined : reply
}

async function envelopeReplies(client: SmtpClient, lines: string[], pipelining: boolean): Promise<Reply | undefined> {
  if (pipelining) client.send(...lines)
  let refusal: Reply | undefined
  for (const line of lines) {
    const reply = await (pipelining ? client.reply() : client.command(line))
    if (!isPositive(reply)) refusal ??= reply
    if (refusal !== undefined && !pipelining) return refusal
  }
  return refusal
}

/**
 * The parameters of MAIL. pipe(8) does not tell BODY and SMTPUTF8. BODY=8BITMIME does no harm when it is not needed (RFC 6152).
 * SMTPUTF8 binds every server further on, so only an address asks for it, and not raw 8-bit bytes in the header, which Postfix
 * sends to any server. When the next hop does not offer SMTPUTF8, the address is sent as it is, as Postfix does with
 * `smtputf8_enable = no`.
 */
function parameters({ envelope, content }: OutgoingMessage, extensions: Extensions): string {
  const wanted = []
  if (extensions.has('SIZE')) wanted.push(`SIZE=${content.size}`)
  if (extensions.has('8BITMIME')) wanted.push('BODY=8BITMIME')
  const international = [envelope.sender, ...envelope.recipients].some((address) => /[^\0-\x7f]/.test(address))
  if (international && extensions.has('SMTPUTF8')) wanted.push('SMTPUTF8')
  return wanted.map((parameter) => ` ${parameter}`).join('')
}

/** An address in a command. Throws for one that would end the command. */
function path(address: string): string {
  if (/[\0\r\n]/.test(address)) throw new CandyError('NEXT_HOP', 'an address with a line end in it')
  return address
}

function resultOf(refusal: Reply): HandOverResult {
  if (!isAboutMessage(refusal)) throw unexpected(refusal)
  const status = enhancedStatus(refusal) ?? '5.6.0'
  return { delivered: false, status, text: printable(refusal.lines.join(' ').replace(status, '')) }
}

function unexpected(reply: Reply): CandyError {
  return new CandyError('NEXT_HOP', `the next hop answered ${printable(printReply(reply))}`)
}
