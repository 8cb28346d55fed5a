/**
 * The relay's connection to the next hop, one for each session upstream, and the transaction under way on it. XFORWARD and
 * MAIL go out with the first RCPT, in one write where the next hop allows it: a round trip costs more than all else that is
 * done for a small message. The lines of the transaction are kept: when the next hop closes the connection while filters
 * judge, as its timer may tell it to, a new connection hears them again (RFC 5321 §3.8; XFORWARD_README: attributes last
 * for one transaction). XFORWARD is for the next hop's log: what it has against that is logged, and changes nothing.
 *
 * Goes wrong when the next hop does not answer, or answers otherwise than it did before: then SmtpError, or Refused with
 * its reply. The connection is not used again.
 */

import type { ServiceAddress } from '@candy/sdk/values'
import type { Deadline } from '../chain/deadline.js'
import type { Log } from '../log/log.js'
import type { Content } from '../message/content.js'
import { SmtpClient, SmtpError } from '../smtp/client.js'
import type { Command } from '../smtp/command.js'
import type { Extensions } from '../smtp/ehlo.js'
import { isPositive, printReply, type Reply } from '../smtp/reply.js'
import type { HopPool } from './hop-pool.js'

/** A reply that leaves no way to go on: 421, a refusal where there was none before, or one that the command cannot have. */
export class Refused extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`the next hop answered ${printReply(reply)}`)
    this.reply = reply
  }
}

/** Characters of an XFORWARD command that are logged: a stranger chooses the HELO name in it. */
const LOGGED = 200

/** Bytes. RFC 5321 §4.5.3.1.2. */
const NAME_LIMIT = 255

/** Commands that the next hop accepted, in order. */
export interface Transaction {
  /** As upstream said them, whatever the next hop thinks of them. */
  readonly xforward: readonly Command[]
  readonly mail?: Command
  readonly recipients: readonly Command[]
}

export class Downstream {
  readonly #address: ServiceAddress
  readonly #patience: number
  readonly #log: Log
  readonly #pool: HopPool | undefined
  #name = 'localhost'
  #born = 0
  #connecting: SmtpClient | undefined
  #client: SmtpClient | undefined
  #extensions: Extensions = new Map()
  /** XFORWARD and MAIL that wait for a recipient. */
  #held: Command[] = []
  #kept: Command[] = []
  /** What the next hop had against MAIL. */
  #refusal: Reply | undefined

  /** `patience` is how many milliseconds the next hop has for a reply. */
  constructor(address: ServiceAddress, patience: number, log: Log, pool?: HopPool) {
    this.#address = address
    this.#patience = patience
    this.#log = log
    this.#pool = pool
  }

  /** What the next hop has offered. */
  get extensions(): Extensions {
    return this.#extensions
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
    if (this.#pool === undefined || this.#pool.size === 0) this.#connecting ??= this.#connect()
  }

  /** Greets the next hop in the client's name, unless that was done already. */
  async hello(name: string): Promise<void> {
    this.#name = name.length <= NAME_LIMIT && /^[\x21-\x7e]+$/.test(name) ? name : 'localhost'
    if (this.#client === undefined && this.#connecting === undefined) this.#takeOver()
    await this.#use(async () => {})
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
    if (this.#refusal === undefined) await this.#use((client) => this.#passOn(client, recipients, replies))
    const refusal = this.#refusal
    if (refusal !== undefined) replies.splice(0, replies.length, ...recipients.map(() => refusal))
  }

  /**
   * Hands the message over and ends the transaction; gives the last reply. `beforeEnd` is called when only the message's end
   * is left to say, and may throw. When the deadline aborts, the connection ends. `part` is a transaction to take up instead
   * of the one under way: the same one for some of its recipients.
   */
  async deliver(
    content: Content,
    deadline: Deadline,
    beforeEnd: () => Promise<void>,
    part?: Transaction,
  ): Promise<Reply> {
    const abort = (): void => (this.#client ?? this.#connecting)?.abort('the message was given up')
    deadline.listen(abort)
    try {
      if (part !== undefined) await this.#take(part)
      return await (this.#extensions.has('CHUNKING')
        ? this.#sendChunk(content, deadline, beforeEnd)
        : this.#sendData(content, deadline, beforeEnd))
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
    const client = this.#client
    return client?.usable === true ? this.#forget(client) : undefined
  }

  /** Leaves the connection to others where it is in good order, else says QUIT; waits for nothing. */
  close(): void {
    this.#connecting?.close()
    const client = this.#client
    if (client === undefined) return
    this.#client = undefined
    if (this.#pool === undefined || this.#kept.length > 0) client.close()
    else this.#pool.give({ client, name: this.#name, extensions: this.#extensions, born: this.#born })
  }

  async #forget(client: SmtpClient): Promise<void> {
    const reply = await client.command('RSET').catch(() => undefined)
    if (reply === undefined || !isPositive(reply)) this.#drop('RSET failed')
  }

  /** XFORWARD_README: RSET forgets the attributes, too, and so does the end of a message. */
  async #take({ xforward, mail, recipients }: Transaction): Promise<void> {
    await this.reset()
    const commands = [...xforward, ...(mail === undefined ? [] : [mail]), ...recipients]
    await this.#use((client) => this.#replay(client, commands))
    this.#kept = commands
  }

  #takeOver(): void {
    const greeted = this.#pool?.take(this.#name)
    if (greeted === undefined) return
    this.#client = greeted.client
    this.#extensions = greeted.extensions
    this.#born = greeted.born
  }

  async #sendData(content: Content, deadline: Deadline, beforeEnd: () => Promise<void>): Promise<Reply> {
    const { client, ready } = await this.#use(async (client) => {
      const ready = await client.command('DATA')
      // Nothing was handed over: neither 421 nor 2xx can be the answer to a message.
      if (ready.code !== 354 && (ready.code === 421 || ready.code < 400)) throw new Refused(ready)
      return { client, ready }
    }, deadline)
    if (ready.code !== 354) return ready
    const reply = await this.#finish(async () => {
      const end = await client.data(content.open())
      await beforeEnd()
      return end()
    })
    this.#kept = []
    return reply
  }

  /** Without DATA there is no word of the next hop to wait for, and one round trip less. */
  async #sendChunk(content: Content, deadline: Deadline, beforeEnd: () => Promise<void>): Promise<Reply> {
    const end = await this.#use(async (client) => {
      const end = await client.chunk(content.open(), content.size)
      await beforeEnd()
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
      if (reply.code === 421) this.#drop('the next hop is closing')
      return reply
    } catch (error) {
      this.#drop('the message was given up')
      throw error
    }
  }

  /**
   * Does something on a connection that is there; on a new one when the old turns out to be gone, but never a third. Only the
   * connection's own failure is a reason to do it again: not a client that has gone, a deadline, or a message that cannot be read.
   */
  async #use<T>(work: (client: SmtpClient) => Promise<T>, deadline?: Deadline): Promise<T> {
    const old = this.#client
    deadline?.throwIfAborted()
    try {
      if (old?.usable === true) return await work(old)
    } catch (error) {
      if (!isConnectionFailure(error)) {
        this.#drop('what was under way was given up')
        throw error
      }
    }
    if (old !== undefined) this.#drop('the next hop is closing')
    try {
      deadline?.throwIfAborted()
      return await work(await this.#open())
    } catch (error) {
      this.#drop('the connection broke')
      throw error
    }
  }

  async #open(): Promise<SmtpClient> {
    const client = this.#connecting ?? this.#connect()
    this.#connecting = client
    await this.#greet(client)
    this.#connecting = undefined
    this.#client = client
    this.#born = performance.now()
    await this.#replay(client, this.#kept)
    return client
  }

  #connect(): SmtpClient {
    return SmtpClient.connect(this.#address, { patience: this.#patience })
  }

  async #greet(client: SmtpClient): Promise<void> {
    const greeting = await client.reply()
    if (greeting.code !== 220) throw unwelcome(greeting)
    const { reply, extensions } = await client.ehlo(this.#name)
    if (reply.code !== 250) throw unwelcome(reply)
    this.#extensions = extensions
  }

  async #passOn(client: SmtpClient, recipients: readonly Command[], replies: Reply[]): Promise<void> {
    const held = this.#held
    await this.#exchange(client, [...held, ...recipients.slice(replies.length)], (command, reply) => {
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
    await this.#exchange(client, commands, ({ verb }, reply) => {
      if (!isPositive(reply) && verb !== 'XFORWARD') throw new Refused(reply)
    })
  }

  async #exchange(
    client: SmtpClient,
    commands: readonly Command[],
    hear: (command: Command, reply: Reply) => void,
  ): Promise<void> {
    const pipelining = this.#extensions.has('PIPELINING')
    if (pipelining && commands.length > 0) client.sendLines(commands.map(({ line }) => line))
    for (const command of commands) {
      if (!pipelining) client.sendLines([command.line])
      const reply = await client.reply()
      if (reply.code === 421) throw new Refused(reply)
      hear(command, reply)
    }
  }

  #drop(why: string): void {
    this.#connecting?.abort(why)
    this.#client?.abort(why)
    this.#connecting = undefined
    this.#client = undefined
  }
}

/** A reply to the connection itself is about nobody's message. */
function unwelcome(reply: Reply): SmtpError {
  return new SmtpError(`the next hop answered ${printReply(reply)}`)
}

/** Whether the connection is to blame, and another may do better. */
function isConnectionFailure(error: unknown): boolean {
  return error instanceof SmtpError || (error instanceof Refused && error.reply.code === 421)
}
