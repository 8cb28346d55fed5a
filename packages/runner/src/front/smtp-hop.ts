/**
 * The way out over SMTP, to the re-injection service `candy-in`: a message per connection. All that can be pipelined is
 * (RFC 2920), and the final dot is sent last of all, when nothing can go wrong any more on this side.
 */
import { CandyError, printable } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import { SmtpClient } from '../smtp/client.js'
import type { Extensions } from '../smtp/ehlo.js'
import { enhancedStatus, printReply, type Reply } from '../smtp/reply.js'
import { isAboutMessage } from './blame.js'
import type { Delivery, Handed, NextHop } from './next-hop.js'

export function smtpHop(address: ServiceAddress): NextHop {
  return {
    handOver: async (delivery, signal) => {
      const client = SmtpClient.connect(address, { signal })
      try {
        const refusal = await converse(client, delivery)
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

/** The first reply that was not what it should be; undefined when the message is handed over. */
async function converse(client: SmtpClient, delivery: Delivery): Promise<Reply | undefined> {
  const greeting = await client.reply()
  if (greeting.code !== 220) return greeting
  const { reply, extensions } = await client.ehlo('localhost')
  if (reply.code !== 250) return reply
  const { envelope, content } = delivery
  const lines = [
    `MAIL FROM:<${path(envelope.sender)}>${parameters(delivery, extensions)}`,
    ...envelope.recipients.map((recipient) => `RCPT TO:<${path(recipient)}>`),
  ]
  const refusal = await envelopeReplies(client, lines, extensions.has('PIPELINING'))
  if (refusal !== undefined) return refusal
  const ready = await client.command('DATA')
  if (ready.code !== 354) return ready
  const end = await client.data(content.open())
  await delivery.assertUpstream()
  const taken = await end()
  return taken.code === 250 ? undefined : taken
}

async function envelopeReplies(client: SmtpClient, lines: string[], pipelining: boolean): Promise<Reply | undefined> {
  if (pipelining) client.send(...lines)
  let refusal: Reply | undefined
  for (const line of lines) {
    const reply = await (pipelining ? client.reply() : client.command(line))
    if (Math.trunc(reply.code / 100) !== 2) refusal ??= reply
    if (refusal !== undefined && !pipelining) return refusal
  }
  return refusal
}

/** pipe(8) tells nothing of BODY or SMTPUTF8: the first is harmless to claim (RFC 6152), the second shows in an address. */
function parameters({ envelope, content }: Delivery, extensions: Extensions): string {
  const wanted = []
  if (extensions.has('SIZE')) wanted.push(`SIZE=${content.size}`)
  if (extensions.has('8BITMIME')) wanted.push('BODY=8BITMIME')
  if ([envelope.sender, ...envelope.recipients].some((address) => /[^\0-\x7f]/.test(address))) {
    if (!extensions.has('SMTPUTF8')) throw new CandyError('NEXT_HOP', 'the next hop does not offer SMTPUTF8')
    wanted.push('SMTPUTF8')
  }
  return wanted.map((parameter) => ` ${parameter}`).join('')
}

/** An address as it stands in a command. One that would end the command is nobody's address. */
function path(address: string): string {
  if (/[\0\r\n]/.test(address)) throw new CandyError('NEXT_HOP', 'an address with a line end in it')
  return address
}

function judge(refusal: Reply): Handed {
  if (!isAboutMessage(refusal)) {
    throw new CandyError('NEXT_HOP', `the next hop answered ${printable(printReply(refusal))}`)
  }
  const status = enhancedStatus(refusal) ?? '5.6.0'
  return { taken: false, status, text: printable(refusal.lines.join(' ').replace(status, '')) }
}
