/**
 * The way out over SMTP, to the re-injection service `candy-in`: a message per connection. All that can be pipelined is
 * (RFC 2920), and the final dot is sent last of all, when nothing can go wrong any more on this side. Only a positive reply
 * to that dot says that the next hop has the message.
 */
import { CandyError, printable } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Log } from '../log/log.js'
import { SmtpClient } from '../smtp/client.js'
import type { Extensions } from '../smtp/ehlo.js'
import { enhancedStatus, isPositive, printReply, type Reply } from '../smtp/reply.js'
import { markedAddress, printXforward } from '../smtp/xforward.js'
import { isAboutMessage } from './about-message.js'
import type { HandOverResult, NextHop, OutgoingMessage } from './next-hop.js'
import { originOf } from './origin.js'

export interface SmtpNextHopOptions {
  readonly address: ServiceAddress
  /** Whether mail from this host's own addresses counts as its own, as mail from sendmail(1) does. */
  readonly ownClientsAreLocal: boolean
  readonly log: Log
}

/** What the next hop has against XFORWARD, which is for its log, is written to ours and changes nothing. */
export function smtpNextHop(hop: SmtpNextHopOptions): NextHop {
  return {
    handOver: async (message, signal) => {
      const client = SmtpClient.connect(hop.address, { signal })
      try {
        const extensions = await greet(client)
        await tellClient(client, message, extensions, hop)
        const refusal = await converse(client, message, extensions)
        return refusal === undefined ? { taken: true } : judge(refusal)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code !== 'SMTP') throw error
        throw new CandyError('NEXT_HOP', `the next hop failed: ${error instanceof Error ? error.message : error}`)
      } finally {
        client.close()
      }
    },
  }
}

/** Throws `NEXT_HOP` when it is not welcome: that is about nobody's message. */
async function greet(client: SmtpClient): Promise<Extensions> {
  const greeting = await client.reply()
  if (greeting.code !== 220) throw unexpected(greeting)
  const { reply, extensions } = await client.ehlo('localhost')
  if (reply.code !== 250) throw unexpected(reply)
  return extensions
}

/** Who the client was, as far as pipe(8) told, whose mail that makes it, and the queue id under which the message came. */
async function tellClient(
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

/** The first reply that was not what it should be; undefined when the message is handed over. */
async function converse(
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
  const ready = await client.command('DATA')
  if (ready.code !== 354) return ready
  const end = await client.data(content.open())
  await message.assertUpstream()
  const taken = await end()
  return isPositive(taken) && taken.code !== 221 ? undefined : taken
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
 * pipe(8) tells nothing of BODY or SMTPUTF8. The first is harmless to claim (RFC 6152). The second is demanded of everybody
 * further on, so a header of raw 8-bit bytes, which Postfix hands to anybody, must not make the demand: only an address does.
 * Where the next hop does not offer it, the address is said as it is, as Postfix does with `smtputf8_enable = no`.
 */
function parameters({ envelope, content }: OutgoingMessage, extensions: Extensions): string {
  const wanted = []
  if (extensions.has('SIZE')) wanted.push(`SIZE=${content.size}`)
  if (extensions.has('8BITMIME')) wanted.push('BODY=8BITMIME')
  const international = [envelope.sender, ...envelope.recipients].some((address) => /[^\0-\x7f]/.test(address))
  if (international && extensions.has('SMTPUTF8')) wanted.push('SMTPUTF8')
  return wanted.map((parameter) => ` ${parameter}`).join('')
}

/** An address as it stands in a command. One that would end the command is nobody's address. */
function path(address: string): string {
  if (/[\0\r\n]/.test(address)) throw new CandyError('NEXT_HOP', 'an address with a line end in it')
  return address
}

function judge(refusal: Reply): HandOverResult {
  if (!isAboutMessage(refusal)) throw unexpected(refusal)
  const status = enhancedStatus(refusal) ?? '5.6.0'
  return { taken: false, status, text: printable(refusal.lines.join(' ').replace(status, '')) }
}

function unexpected(reply: Reply): CandyError {
  return new CandyError('NEXT_HOP', `the next hop answered ${printable(printReply(reply))}`)
}
