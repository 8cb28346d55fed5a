/**
 * The transaction that a session upstream has under way with the next hop. XFORWARD and MAIL go out with the first RCPT, in
 * one write where the next hop allows it: a round trip costs more than all else that is done for a small message. The lines
 * of the transaction are kept: when the next hop closes the connection while filters judge, as its timer may tell it to, a
 * new connection hears them again (RFC 5321 §3.8; XFORWARD_README: attributes last for one transaction). XFORWARD is for the
 * next hop's log: what it has against that is logged, and changes nothing.
 *
 * Goes wrong when the next hop does not answer, or answers otherwise than it did before: then SmtpError, or Refused with
 * its reply. The connection is not used again.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Deadline } from '../chain/deadline.js'
import type { Log } from '../log/log.js'
import type { Content } from '../message/content.js'
import { type SmtpClient, SmtpError } from '../smtp/client.js'
import type { Command } from '../smtp/command.js'
import type { Extensions } from '../smtp/ehlo.js'
import { isPositive, printReply, type Reply } from '../smtp/reply.js'
import { NextHopConnection, type NextHopOptions, Refused } from './next-hop-connection.js'

/** Characters of an XFORWARD command that are logged: a stranger chooses the HELO name in it. */
const LOGGED = 200

/** Commands that the next hop accepted, in order. */
export interface Transaction {
  /** As upstream said them, whatever the next hop thinks of them. */
  readonly xforward: readonly Command[]
  readonly mail?: Command
  readonly recipients: readonly Command[]
}

export class NextHopTransaction {
  readonly #connection: NextHopConnection
  readonly #log: Log
  /** XFORWARD and MAIL that wait for a recipient. */
  #held: Command[] = []
  #kept: Command[] = []
  /** What the next hop had against MAIL. */
  #refusal: Reply | undefined

  constructor(options: NextHopOptions, log: Log) {
    this.#connection = new NextHopConnection(options, (client) => this.#replay(client, this.#kept))
    this.#log = log
  }

  /** What the next hop has offered. */
  get extensions(): Extensions {
    return this.#connection.extensions
  }

  /**
   * Has no recipients when upstream heard that none was accepted. It may have said DATA all the same, and would answer 354
   * with a dot alone (RFC 2920 §3.1): an empty message for those whom the next hop did accept.
   */
  get transaction(): Transaction {
    const mail = this.#kept.find(({ verb }) => verb === 'MAIL')
    return {
      xforward: this.#kept.filter(({ verb }) => verb === 'XFORWARD'),
      ...(mail !== undefined && { mail }),
      recipients: this.#refusal === undefined ? this.#kept.filter(({ verb }) => verb === 'RCPT') : [],
    }
  }

  /** Whether MAIL has been said upstream, whatever the next hop thinks of it. */
  get begun(): boolean {
    const isMail = ({ verb }: Command): boolean => verb === 'MAIL'
    return this.#refusal !== undefined || this.#held.some(isMail) || this.#kept.some(isMail)
  }

  /** How many commands the transaction has. */
  get length(): number {
    return this.#held.length + this.#kept.length
  }

  /** Begins to connect, unless there will be a connection to take over. */
  start(): void {
    this.#connection.start()
  }

  /** Greets the next hop in the client's name, unless that was done already. */
  hello(name: string): Promise<void> {
    return this.#connection.hello(name)
  }

  /** Keeps XFORWARD or MAIL for the first recipient. */
  hold(command: Command): void {
    this.#held.push(command)
  }

  /**
   * Passes RCPT on, after what was held. Puts the replies into `replies`; where it throws, the rest has none. What the next
   * hop has against MAIL is its reply to each recipient.
   */
  async pass(recipients: readonly Command[], replies: Reply[]): Promise<void> {
    if (this.#refusal === undefined) await this.#connection.use((client) => this.#passOn(client, recipients, replies))
    const refusal = this.#refusal
    if (refusal !== undefined) replies.splice(0, replies.length, ...recipients.map(() => refusal))
  }

  /**
   * Hands the message over and ends the transaction; returns the last reply. The end of the message is said only when the
   * deadline has not aborted by then; when it aborts, the connection ends. `part` is a transaction to begin instead of the
   * one under way: the same one for some of its recipients.
   */
  async deliver(content: Content, deadline: Deadline, part?: Transaction): Promise<Reply> {
    const abort = (): void => this.#connection.drop('the message was given up')
    deadline.listen(abort)
    try {
      if (part !== undefined) await this.#take(part)
      return await (this.extensions.has('CHUNKING')
        ? this.#sendChunk(content, deadline)
        : this.#sendData(content, deadline))
    } finally {
      deadline.unlisten(abort)
    }
  }

  /**
   * Forgets the transaction, here and there; waits where the next hop knows of it. Never throws: a connection that can't be
   * used again is given up.
   */
  reset(): Promise<void> | undefined {
    this.#held = []
    this.#refusal = undefined
    if (this.#kept.length === 0) return undefined
    this.#kept = []
    const { client } = this.#connection
    return client === undefined ? undefined : this.#forget(client)
  }

  /** Leaves the connection to others where it is in good order, else says QUIT; waits for nothing. */
  close(): void {
    this.#connection.close(this.#kept.length > 0)
  }

  async #forget(client: SmtpClient): Promise<void> {
    const reply = await client.command('RSET').catch(() => undefined)
    if (reply === undefined || !isPositive(reply)) this.#connection.drop('RSET failed')
  }

  /** XFORWARD_README: RSET forgets the attributes, too, and so does the end of a message. */
  async #take({ xforward, mail, recipients }: Transaction): Promise<void> {
    await this.reset()
    const commands = [...xforward, ...(mail === undefined ? [] : [mail]), ...recipients]
    await this.#connection.use((client) => this.#replay(client, commands))
    this.#kept = commands
  }

  async #sendData(content: Content, deadline: Deadline): Promise<Reply> {
    const { client, ready } = await this.#connection.use(async (client) => {
      const ready = await client.command('DATA')
      // Nothing was handed over: neither 421 nor 2xx can be the answer to a message.
      if (ready.code !== 354 && (ready.code === 421 || ready.code < 400)) throw new Refused(ready)
      return { client, ready }
    }, deadline)
    if (ready.code !== 354) return ready
    const reply = await this.#finish(async () => {
      const end = await client.data(content.open())
      await assertInTime(deadline)
      return end()
    })
    this.#kept = []
    return reply
  }

  /** Without DATA there is no word of the next hop to wait for, and one round trip less. */
  async #sendChunk(content: Content, deadline: Deadline): Promise<Reply> {
    const end = await this.#connection.use(async (client) => {
      const end = await client.chunk(content.open(), content.size)
      await assertInTime(deadline)
      // What it said, or its end, while filters judged: the message is not out yet, and may go to another connection.
      if (!client.usable) throw new SmtpError('the next hop is closing')
      return end
    }, deadline)
    const reply = await this.#finish(end)
    // RFC 3030 §2: after a failed BDAT the transaction is not over before RSET.
    if (isPositive(reply)) this.#kept = []
    return reply
  }

  /** The last step, after which nobody can tell whether the next hop has the message, unless it says so. */
  async #finish(end: () => Promise<Reply>): Promise<Reply> {
    try {
      const reply = await end()
      // 221 is the answer to QUIT, and 3xx asks for more: neither says that the next hop has the message.
      if (reply.code === 221 || (reply.code < 400 && !isPositive(reply))) throw new Refused(reply)
      if (reply.code === 421) this.#connection.drop('the next hop is closing')
      return reply
    } catch (error) {
      this.#connection.drop('the message was given up')
      throw error
    }
  }

  async #passOn(client: SmtpClient, recipients: readonly Command[], replies: Reply[]): Promise<void> {
    const held = this.#held
    await this.#connection.exchange(client, [...held, ...recipients.slice(replies.length)], (command, reply) => {
      if (command !== held[0]) replies.push(reply)
      else {
        held.shift()
        if (!isPositive(reply)) this.#refuse(command, reply)
      }
      if (isPositive(reply) || command.verb === 'XFORWARD') this.#kept.push(command)
    })
  }

  #refuse({ verb, line }: Command, reply: Reply): void {
    if (verb === 'MAIL') this.#refusal ??= reply
    else {
      const command = line.toString('latin1', 0, LOGGED)
      this.#log.write('warn', 'next hop refused XFORWARD, which is for its log', { command, reply: printReply(reply) })
    }
  }

  async #replay(client: SmtpClient, commands: readonly Command[]): Promise<void> {
    await this.#connection.exchange(client, commands, ({ verb }, reply) => {
      if (!isPositive(reply) && verb !== 'XFORWARD') throw new Refused(reply)
    })
  }
}

/** Throws when the deadline has aborted, also for what has come from upstream meanwhile: its end, above all. */
async function assertInTime(deadline: Deadline): Promise<void> {
  await turn()
  deadline.throwIfAborted()
}
