/**
 * One connection from Postfix, and the transparent relay behind it (RFC 5321, RFC 2033): XFORWARD, MAIL and RCPT pass on as
 * the bytes they are; the message is stopped, judged, and only then DATA is said to the next hop. The first two are
 * answered here, and what the next hop has against them is said at RCPT, as Postfix does it (smtpd_delay_reject in
 * postconf(5)).
 *
 * Goes wrong when either side goes away. Upstream gone: the message is given up, since it will come again. Next hop gone:
 * 451, and the session lives.
 */
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { cleaning } from '../message/cleaning.js'
import { type Spool, startIntake } from '../message/spool.js'
import { argumentOf, type Command, parseCommand } from '../smtp/command.js'
import { ServerConnection } from '../smtp/connection.js'
import { DataReader } from '../smtp/data-reader.js'
import { relayedKeywords, sizeLimit } from '../smtp/ehlo.js'
import type { Line } from '../smtp/line.js'
import { makeReply, printReply, type Reply, writeReply } from '../smtp/reply.js'
import { relayMessage } from './message.js'
import { Refused } from './next-hop-connection.js'
import { NextHopTransaction } from './next-hop-transaction.js'
import { RELAY_NAME, type Relay } from './relay.js'
import { NO_ROOM, relayedReply, TOO_BIG, UNAVAILABLE } from './replies.js'

/** Commands that make no sense; after so many the client is no mail system. */
const NONSENSE_LIMIT = 20

/** Recipients to hold back for one write to the next hop. */
const GROUP_LIMIT = 100

/** Commands of one transaction: candy-in takes as many recipients (smtpd_recipient_limit in postconf(5)). */
const TRANSACTION_LIMIT = 10_000

/** XFORWARD commands of one transaction. Postfix says two. */
const XFORWARD_LIMIT = 20

const OK = makeReply(250, '2.0.0 Ok')
const SENDER_OK = makeReply(250, '2.1.0 Ok')
const TOO_MANY_RECIPIENTS = makeReply(452, '4.5.3 too many recipients')
const BYE = makeReply(221, '2.0.0 Bye')
const TIMEOUT = makeReply(421, '4.4.2 timeout')
const CLOSING = makeReply(421, '4.3.0 content filter unavailable')

export class RelaySession {
  readonly #relay: Relay
  readonly #client: ServerConnection
  readonly #nextHop: NextHopTransaction
  /** Recipients that have come and not been passed on. */
  #group: Command[] = []
  /** Replies that have not been written. */
  #replies = ''
  #greeted = false
  #draining = false
  #ended = false
  #nonsense = 0

  constructor(socket: Socket, relay: Relay) {
    this.#relay = relay
    this.#client = new ServerConnection(socket, relay.idle)
    const { nextHop: address, replyTimeout, pool } = relay
    this.#nextHop = new NextHopTransaction({ address, replyTimeout, pool }, relay.log)
  }

  /** Speaks until either side ends the session. Never throws. */
  async run(): Promise<void> {
    this.#nextHop.start()
    this.#say(makeReply(220, `${RELAY_NAME} ${this.#relay.protocol === 'lmtp' ? 'LMTP' : 'ESMTP'}`))
    try {
      while (!this.#ended) {
        const line = this.#client.line() ?? (await this.#nextLine())
        if (line === undefined) break
        // Most commands are answered at once, and waiting for nothing is not free.
        const handled = this.#handle(line)
        if (handled !== undefined) await handled
      }
    } catch (error) {
      if (this.#client.gone === undefined) this.#complain('session failed', error)
      this.#say(this.#client.silent ? TIMEOUT : CLOSING)
    }
    await this.#flush()
    this.#client.close()
    this.#nextHop.close()
  }

  /** Ends the session as soon as no message is under way. */
  drain(): void {
    this.#draining = true
    this.#client.interrupt()
  }

  /** Waits for a line, once what was gathered is passed on and said. */
  async #nextLine(): Promise<Line | undefined> {
    if (this.#group.length > 0) await this.#pass()
    await this.#flush()
    for (;;) {
      const line = this.#client.line()
      if (line !== undefined) return line
      if (this.#draining && !this.#nextHop.begun) {
        this.#say(makeReply(421, '4.3.2 content filter is restarting'))
        return undefined
      }
      if (await this.#client.more()) continue
      if (this.#client.silent) this.#say(TIMEOUT)
      if (this.#client.silent || this.#client.gone !== undefined) return undefined
    }
  }

  #handle(line: Line): Promise<void> | undefined {
    const command = typeof line === 'string' ? undefined : parseCommand(line)
    if (command?.verb === 'RCPT' && this.#nextHop.begun) return this.#take(command)
    const obey = (): Promise<void> | undefined => {
      if (command !== undefined) return this.#obey(command)
      return this.#refuse(500, `5.5.2 ${line.toString()}`)
    }
    return this.#group.length > 0 ? this.#pass().then(obey) : obey()
  }

  #take(recipient: Command): Promise<void> | undefined {
    if (this.#nextHop.length + this.#group.length < TRANSACTION_LIMIT) {
      this.#group.push(recipient)
      return this.#group.length < GROUP_LIMIT ? undefined : this.#pass()
    }
    const refuse = (): undefined => this.#say(TOO_MANY_RECIPIENTS)
    return this.#group.length > 0 ? this.#pass().then(refuse) : refuse()
  }

  #obey(command: Command): Promise<void> | undefined {
    switch (command.verb) {
      case 'LHLO':
      case 'EHLO':
      case 'HELO':
        return this.#hello(command)
      case 'XFORWARD':
      case 'MAIL':
        return this.#hold(command)
      case 'RCPT':
        return this.#refuse(503, '5.5.1 need MAIL command')
      case 'DATA':
        return this.#data()
      case 'RSET':
        return this.#reset()
      case 'NOOP':
        return this.#say(OK)
      case 'QUIT':
        return this.#leave()
      default:
        return this.#refuse(RELAYED_NEVER.has(command.verb) ? 502 : 500, '5.5.2 command not recognized')
    }
  }

  /** RFC 2033 §4.1: LMTP says LHLO, and neither EHLO nor HELO. */
  async #hello(command: Command): Promise<void> {
    if ((command.verb === 'LHLO') !== (this.#relay.protocol === 'lmtp')) {
      return this.#refuse(500, `5.5.1 this is ${this.#relay.protocol.toUpperCase()}`)
    }
    const name = argumentOf(command)
    if (name === '') return this.#refuse(501, '5.5.4 who are you?')
    await this.#nextHop.reset()
    try {
      await this.#nextHop.hello(name)
    } catch (error) {
      this.#complain('next hop failed', error)
      this.#ended = true
      return this.#say(CLOSING)
    }
    this.#greeted = true
    const keywords = command.verb === 'HELO' ? [] : relayedKeywords(this.#nextHop.extensions)
    this.#say({ code: 250, lines: [RELAY_NAME, ...keywords] })
  }

  #hold(command: Command): undefined {
    if (!this.#greeted) return this.#refuse(503, '5.5.1 say hello first')
    if (this.#nextHop.begun) return this.#refuse(503, '5.5.1 a transaction is under way')
    if (command.verb === 'XFORWARD' && this.#nextHop.length >= XFORWARD_LIMIT) {
      return this.#refuse(501, '5.5.4 too many XFORWARD commands')
    }
    this.#nextHop.hold(command)
    this.#say(command.verb === 'MAIL' ? SENDER_OK : OK)
  }

  #reset(): Promise<void> | undefined {
    const forgotten = this.#nextHop.reset()
    return forgotten === undefined ? this.#say(OK) : forgotten.then(() => this.#say(OK))
  }

  /** smtpd(8) hangs up when it has said QUIT: to see that costs less than to answer nobody, which is an error. */
  async #leave(): Promise<void> {
    this.#ended = true
    await this.#flush()
    await turn()
    this.#say(BYE)
  }

  /** Passes on what has gathered, in one write where the next hop allows it (RFC 2920). */
  async #pass(): Promise<void> {
    const recipients = this.#group
    this.#group = []
    const replies: Reply[] = []
    let rest = UNAVAILABLE
    try {
      await this.#nextHop.pass(recipients, replies)
    } catch (error) {
      this.#complain('next hop failed', error)
      // A refusal was for another command than these.
      if (error instanceof Refused && error.reply.code < 500) rest = error.reply
    }
    for (const [index, command] of recipients.entries()) this.#answer(command, replies[index] ?? rest)
  }

  #answer(command: Command, reply: Reply): void {
    const answer = relayedReply(reply, this.#relay.queue)
    if (answer !== reply) {
      const fields = { command: command.line.toString(), reply: printReply(reply), answer: answer.code }
      this.#relay.log.write('warn', 'next hop refused', fields)
    }
    this.#say(answer)
  }

  async #data(): Promise<void> {
    const { mail, recipients } = this.#nextHop.transaction
    if (mail === undefined || recipients.length === 0) {
      // RFC 2033 §4.2 wants 503 where RFC 5321 §3.3 has 554.
      return this.#say(makeReply(this.#relay.protocol === 'lmtp' ? 503 : 554, '5.5.1 no valid recipients'))
    }
    this.#say(makeReply(354, 'End data with <CR><LF>.<CR><LF>'))
    await this.#flush()
    await this.#answerMessage(recipients.length)
    await this.#nextHop.reset()
  }

  /** RFC 2033 §4.2: a reply for each recipient that was accepted, in order. What is known is said at once. */
  async #answerMessage(recipients: number): Promise<void> {
    const reader = new DataReader()
    const received = await this.#receive(reader)
    const expected = this.#relay.protocol === 'lmtp' ? recipients : 1
    if ('code' in received) {
      for (let said = 0; said < expected; said++) this.#say(received)
    } else {
      if (reader.bare > 0) this.#relay.log.write('warn', 'bare CR or LF replaced', { count: reader.bare })
      await this.#relayMessage(received, expected)
    }
    // As smtpd(8) does: what went wrong before an honest message is forgiven.
    this.#nonsense = 0
  }

  async #relayMessage(content: Spool, expected: number): Promise<void> {
    const replies: Reply[] = []
    let said = 0
    try {
      for await (const { positions, answer } of relayMessage(this.#relay, this.#nextHop, content, this.#client)) {
        for (const position of positions) replies[position] = answer
        for (let reply = replies[said]; reply !== undefined && said < expected; reply = replies[++said])
          this.#say(reply)
        await this.#flush()
      }
    } finally {
      await content.close()
    }
  }

  /** The message, or why it cannot be had. Throws when the client is gone. */
  async #receive(reader: DataReader): Promise<Spool | Reply> {
    const limit = sizeLimit(this.#nextHop.extensions)
    const { queue, spool, cleanup } = this.#relay
    const intake = queue === 'before' ? cleaning(startIntake(spool), cleanup) : startIntake(spool)
    try {
      await this.#client.data(reader, (piece) => intake.append(piece), limit)
      return await intake.finish()
    } catch (error) {
      await intake.close()
      if (this.#client.gone === undefined) this.#complain('message not received', error)
      await this.#client.skip(reader)
      const { code } = error as { readonly code?: unknown }
      if (code === 'DATA_TOO_LONG') return TOO_BIG
      return code === 'SPOOL' ? NO_ROOM : UNAVAILABLE
    }
  }

  #refuse(code: number, text: string): undefined {
    this.#nonsense++
    this.#say(makeReply(code, text))
    if (this.#nonsense < NONSENSE_LIMIT) return
    this.#say(makeReply(421, '4.7.0 too many errors'))
    this.#ended = true
  }

  #complain(event: string, error: unknown): void {
    this.#relay.log.write('error', event, { error: error instanceof Error ? error.message : String(error) })
  }

  #say(reply: Reply): undefined {
    this.#replies += writeReply(reply)
  }

  /** Nothing to wait for, unless the client does not read. */
  #flush(): Promise<void> | undefined {
    const replies = this.#replies
    if (replies === '') return undefined
    this.#replies = ''
    return this.#client.write(replies)
  }
}

/** Commands that exist and are not for a relay: 502 (RFC 5321 §4.2.4), where unknown ones get 500. */
const RELAYED_NEVER: ReadonlySet<string> = new Set([
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
