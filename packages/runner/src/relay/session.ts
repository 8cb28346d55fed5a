/**
 * One connection from Postfix, and the transparent relay behind it (RFC 5321, RFC 2033). XFORWARD, MAIL and RCPT are sent to
 * the next hop as the bytes they are. The message is held back and judged, and only then DATA is sent to the next hop.
 * XFORWARD and MAIL are answered here at once; when the next hop refuses MAIL, the client is told at RCPT, as Postfix does it
 * (smtpd_delay_reject in postconf(5)).
 *
 * When the client disconnects, the message is dropped, since Postfix will send it again. When the next hop disconnects, the
 * reply is 451, and the session goes on.
 */
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { UnexpectedReply } from '../delivery/next-hop-connection.js'
import { relayedReply } from '../delivery/next-hop-reply.js'
import { NextHopTransaction } from '../delivery/next-hop-transaction.js'
import { errorText } from '../os/error-text.js'
import { argumentOf, type Command, parseCommand } from '../smtp/command.js'
import { ServerConnection } from '../smtp/connection.js'
import { relayedKeywords, sizeLimit } from '../smtp/ehlo.js'
import type { Line } from '../smtp/line.js'
import { isPositive, makeReply, printReply, type Reply, writeReply } from '../smtp/reply.js'
import { receiveMessage, recordNotReceived, relayMessage, UNAVAILABLE_REPLY } from './message.js'
import { RELAY_NAME, type Relay } from './relay.js'
import { recordUnjudged } from './unjudged.js'

/** Errors of the client after which the session ends, as with smtpd_hard_error_limit in postconf(5). */
const ERROR_LIMIT = 20

/** Recipients that are sent to the next hop in one write. */
const RECIPIENT_BATCH = 100

/** Commands of one transaction: candy-in takes as many recipients (smtpd_recipient_limit in postconf(5)). */
const TRANSACTION_LIMIT = 10_000

/** XFORWARD commands of one transaction. Postfix sends two. */
const XFORWARD_LIMIT = 20

/**
 * Milliseconds for which a session that is to end waits for the message that its client has announced. Postfix sends MAIL as soon as it
 * has the replies before it; a client that only looks whether this server answers sends none.
 */
const ANNOUNCED_TIME = 10_000

const OK = makeReply(250, '2.0.0 Ok')
const SENDER_OK = makeReply(250, '2.1.0 Ok')
const TOO_MANY_RECIPIENTS = makeReply(452, '4.5.3 too many recipients')
const BYE = makeReply(221, '2.0.0 Bye')
const TIMEOUT = makeReply(421, '4.4.2 timeout')
const CLOSING = makeReply(421, '4.3.0 content filter unavailable')
const RESTARTING = makeReply(421, '4.3.2 content filter is restarting')

/** Commands that exist and are not for a relay: 502 (RFC 5321 §4.2.4), where unknown ones get 500. */
const NOT_RELAYED: ReadonlySet<string> = new Set([
  'AUTH',
  'BDAT',
  'ETRN',
  'EXPN',
  'HELP',
  'STARTTLS',
  'TURN',
  'VRFY',
  'XCLIENT',
])

export class RelaySession {
  readonly #relay: Relay
  readonly #client: ServerConnection
  readonly #nextHop: NextHopTransaction
  /** RCPT commands that have not been sent to the next hop yet. */
  #recipients: Command[] = []
  /** Replies that have not been written yet. */
  #replies = ''
  #greeted = false
  /**
   * Whether Postfix expects nothing of this session: a message has come to its end. Postfix connects when it has a message, and begins
   * with RSET when it takes up a connection from its cache. Ending the session then would make it defer that message, or its client.
   */
  #idle = false
  /** When the session was told to end: milliseconds of `performance.now()`. */
  #drainedAt: number | undefined
  #ended = false
  #errors = 0
  /** Recipients of this transaction that were not taken, by the class of the reply. */
  #refused = { temporary: 0, permanent: 0 }

  constructor(socket: Socket, relay: Relay) {
    this.#relay = relay
    this.#client = new ServerConnection(socket, relay.idle)
    const { nextHop: address, replyTimeout, pool } = relay
    this.#nextHop = new NextHopTransaction({ address, replyTimeout, pool }, relay.log)
  }

  /** Serves the client until either side ends the session. Never throws. */
  async run(): Promise<void> {
    this.#nextHop.connect()
    this.#reply(makeReply(220, `${RELAY_NAME} ${this.#relay.protocol === 'lmtp' ? 'LMTP' : 'ESMTP'}`))
    try {
      while (!this.#ended) {
        const line = this.#client.line() ?? (await this.#nextLine())
        if (line === undefined) break
        // Most commands are answered at once, and an await without need is not free.
        const handled = this.#handleLine(line)
        if (handled !== undefined) await handled
      }
    } catch (error) {
      if (this.#client.disconnected === undefined) this.#logError('session failed', error)
      this.#reply(this.#client.silent ? TIMEOUT : CLOSING)
    }
    await this.#flush()
    this.#recordRefused()
    this.#client.close()
    this.#nextHop.close()
  }

  /** Ends the session as soon as no message is under way or announced. */
  drain(): void {
    if (this.#drainedAt !== undefined) return
    this.#drainedAt = performance.now()
    this.#client.interrupt()
    setTimeout(() => this.#client.interrupt(), ANNOUNCED_TIME).unref()
  }

  /** Sends the recipients and the replies that have been gathered, then waits for a line. Undefined when the session ends. */
  async #nextLine(): Promise<Line | undefined> {
    if (this.#recipients.length > 0) await this.#sendRecipients()
    await this.#flush()
    for (;;) {
      const line = this.#client.line()
      if (line !== undefined) return line
      if (this.#mayEnd()) {
        this.#reply(RESTARTING)
        return undefined
      }
      if (await this.#client.more()) continue
      if (this.#client.silent) this.#reply(TIMEOUT)
      if (this.#client.silent || this.#client.disconnected !== undefined) return undefined
    }
  }

  #mayEnd(): boolean {
    if (this.#drainedAt === undefined || this.#nextHop.hasSender) return false
    return this.#idle || performance.now() - this.#drainedAt >= ANNOUNCED_TIME
  }

  /** Gathers RCPT commands; any other line comes after the replies to those. */
  #handleLine(line: Line): Promise<void> | undefined {
    const command = typeof line === 'string' ? undefined : parseCommand(line)
    if (command?.verb === 'RCPT' && this.#nextHop.hasSender) return this.#addRecipient(command)
    const handle = (): Promise<void> | undefined => {
      if (command !== undefined) return this.#handleCommand(command)
      return this.#replyError(500, `5.5.2 ${line.toString()}`)
    }
    return this.#recipients.length > 0 ? this.#sendRecipients().then(handle) : handle()
  }

  #handleCommand(command: Command): Promise<void> | undefined {
    switch (command.verb) {
      case 'LHLO':
      case 'EHLO':
      case 'HELO':
        return this.#hello(command)
      case 'XFORWARD':
      case 'MAIL':
        return this.#postpone(command)
      case 'RCPT':
        return this.#replyError(503, '5.5.1 need MAIL command')
      case 'DATA':
        return this.#data()
      case 'RSET':
        return this.#reset()
      case 'NOOP':
        return this.#reply(OK)
      case 'QUIT':
        return this.#quit()
      default:
        return this.#replyError(NOT_RELAYED.has(command.verb) ? 502 : 500, '5.5.2 command not recognized')
    }
  }

  /** RFC 2033 §4.1: an LMTP client greets with LHLO, and with neither EHLO nor HELO. */
  async #hello(command: Command): Promise<void> {
    if ((command.verb === 'LHLO') !== (this.#relay.protocol === 'lmtp')) {
      return this.#replyError(500, `5.5.1 this is ${this.#relay.protocol.toUpperCase()}`)
    }
    const name = argumentOf(command)
    if (name === '') return this.#replyError(501, '5.5.4 who are you?')
    await this.#nextHop.reset()
    try {
      await this.#nextHop.hello(name)
    } catch (error) {
      this.#logError('next hop failed', error)
      // Postfix defers the message for which it has connected.
      recordUnjudged(this.#relay, undefined, { recipients: 0, reason: 'NEXT_HOP' })
      this.#ended = true
      return this.#reply(CLOSING)
    }
    this.#greeted = true
    const keywords = command.verb === 'HELO' ? [] : relayedKeywords(this.#nextHop.extensions)
    this.#reply({ code: 250, lines: [RELAY_NAME, ...keywords] })
  }

  /** Answers XFORWARD or MAIL, which is sent to the next hop with the first RCPT. */
  #postpone(command: Command): undefined {
    if (!this.#greeted) return this.#replyError(503, '5.5.1 say hello first')
    if (this.#nextHop.hasSender) return this.#replyError(503, '5.5.1 a transaction is under way')
    if (command.verb === 'XFORWARD' && this.#nextHop.length >= XFORWARD_LIMIT) {
      return this.#replyError(501, '5.5.4 too many XFORWARD commands')
    }
    this.#idle = false
    this.#nextHop.postpone(command)
    this.#reply(command.verb === 'MAIL' ? SENDER_OK : OK)
  }

  #addRecipient(recipient: Command): Promise<void> | undefined {
    if (this.#nextHop.length + this.#recipients.length < TRANSACTION_LIMIT) {
      this.#recipients.push(recipient)
      return this.#recipients.length < RECIPIENT_BATCH ? undefined : this.#sendRecipients()
    }
    const refuse = (): undefined => this.#reply(TOO_MANY_RECIPIENTS)
    return this.#recipients.length > 0 ? this.#sendRecipients().then(refuse) : refuse()
  }

  /** Sends the gathered recipients to the next hop, in one write where it allows that (RFC 2920), and relays its replies. */
  async #sendRecipients(): Promise<void> {
    const recipients = this.#recipients
    this.#recipients = []
    const { replies, error } = await this.#nextHop.sendRecipients(recipients)
    if (error !== undefined) this.#logError('next hop failed', error)
    // A permanent refusal was the reply to another command than these.
    const unanswered = error instanceof UnexpectedReply && error.reply.code < 500 ? error.reply : UNAVAILABLE_REPLY
    for (const [index, command] of recipients.entries()) this.#answerRecipient(command, replies[index] ?? unanswered)
  }

  #answerRecipient(command: Command, reply: Reply): void {
    const answer = relayedReply(reply, this.#relay.mode)
    if (!isPositive(answer)) this.#refused[answer.code < 500 ? 'temporary' : 'permanent'] += 1
    if (answer !== reply) {
      const fields = { command: command.line.toString(), reply: printReply(reply), answer: answer.code }
      this.#relay.log.write('warn', 'next hop refused', fields)
    }
    this.#reply(answer)
  }

  /**
   * Writes into the history which recipients of the transaction were not taken. Before the queue that is no failure but what the
   * site's own Postfix says to a client about a recipient.
   */
  #recordRefused(): void {
    const { temporary, permanent } = this.#refused
    this.#refused = { temporary: 0, permanent: 0 }
    if (this.#relay.mode === 'smtp-before') return
    const { transaction } = this.#nextHop
    if (temporary > 0) recordUnjudged(this.#relay, transaction, { recipients: temporary, reason: 'NEXT_HOP' })
    if (permanent > 0)
      recordUnjudged(this.#relay, transaction, { recipients: permanent, reason: 'NEXT_HOP', refused: true })
  }

  async #data(): Promise<void> {
    this.#recordRefused()
    const { mail, recipients } = this.#nextHop.transaction
    if (mail === undefined || recipients.length === 0) {
      // RFC 2033 §4.2 wants 503 where RFC 5321 §3.3 has 554.
      return this.#reply(makeReply(this.#relay.protocol === 'lmtp' ? 503 : 554, '5.5.1 no valid recipients'))
    }
    this.#reply(makeReply(354, 'End data with <CR><LF>.<CR><LF>'))
    await this.#flush()
    await this.#answerMessage(this.#relay.protocol === 'lmtp' ? recipients.length : 1)
    // As with smtpd(8), the errors before a message do not count after it.
    this.#errors = 0
    this.#idle = true
    await this.#nextHop.reset()
  }

  /** RFC 2033 §4.2: a reply for each recipient that was accepted, in their order. Each is sent as soon as it can be. */
  async #answerMessage(expected: number): Promise<void> {
    const received = await receiveMessage(
      this.#relay,
      this.#client,
      this.#nextHop.transaction,
      sizeLimit(this.#nextHop.extensions),
    )
    if ('code' in received) {
      recordNotReceived(this.#relay, this.#nextHop.transaction, received, this.#client)
      for (let sent = 0; sent < expected; sent++) this.#reply(received)
      return
    }
    const replies: Reply[] = []
    let sent = 0
    try {
      for await (const { positions, answer } of relayMessage(this.#relay, this.#nextHop, received, this.#client)) {
        for (const position of positions) replies[position] = answer
        for (let next = replies[sent]; next !== undefined && sent < expected; next = replies[++sent]) this.#reply(next)
        await this.#flush()
      }
    } finally {
      await received.close()
    }
  }

  #reset(): Promise<void> | undefined {
    this.#recordRefused()
    this.#idle = this.#nextHop.hasSender
    const reset = this.#nextHop.reset()
    return reset === undefined ? this.#reply(OK) : reset.then(() => this.#reply(OK))
  }

  /** smtpd(8) disconnects as soon as it has said QUIT. Seeing that costs less than a reply that nobody reads, which fails. */
  async #quit(): Promise<void> {
    this.#ended = true
    await this.#flush()
    await turn()
    this.#reply(BYE)
  }

  #replyError(code: number, text: string): undefined {
    this.#errors++
    this.#reply(makeReply(code, text))
    if (this.#errors < ERROR_LIMIT) return
    this.#reply(makeReply(421, '4.7.0 too many errors'))
    this.#ended = true
  }

  /** Adds a reply to those that the next `#flush` writes. */
  #reply(reply: Reply): undefined {
    this.#replies += writeReply(reply)
  }

  /** Writes the replies. Returns something to wait for only when the client does not read them. */
  #flush(): Promise<void> | undefined {
    const replies = this.#replies
    if (replies === '') return undefined
    this.#replies = ''
    return this.#client.write(replies)
  }

  #logError(event: string, error: unknown): void {
    this.#relay.log.write('error', event, { error: errorText(error) })
  }
}
