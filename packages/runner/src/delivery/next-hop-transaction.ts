/**
 * The transaction that a session has under way with the next hop. XFORWARD and MAIL are sent with the first RCPT, in one
 * write where the next hop allows it: a round trip costs more than all else that is done for a small message. The commands of
 * the transaction are kept: when the next hop closes the connection while filters judge, as its timer may tell it to, they
 * are sent again on a new connection (RFC 5321 §3.8; XFORWARD_README: attributes last for one transaction). XFORWARD is for
 * the next hop's log: when it refuses XFORWARD, that is logged, and the transaction goes on.
 *
 * Throws SmtpError when the next hop does not answer, and UnexpectedReply when it answers otherwise than it did before. The
 * connection is not used again then.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Deadline } from '../chain/deadline.js'
import type { Log } from '../log/log.js'
import { lend, type MessageContent } from '../message/content.js'
import { type SmtpClient, SmtpError } from '../smtp/client.js'
import type { Command } from '../smtp/command.js'
import type { Extensions } from '../smtp/ehlo.js'
import { isPositive, printReply, type Reply } from '../smtp/reply.js'
import { NextHopConnection, type NextHopOptions, UnexpectedReply } from './next-hop-connection.js'

/** Characters of an XFORWARD command that are logged: the client chooses the HELO name in it. */
const LOGGED_LENGTH = 200

/** The commands of a transaction that the next hop has accepted, in order. */
export interface Transaction {
  /** As the client sent them, also those that the next hop refused. */
  readonly xforward: readonly Command[]
  readonly mail?: Command
  readonly recipients: readonly Command[]
}

/** What the next hop replied to RCPT commands; `error` is why those at the end have no reply. */
export interface RecipientReplies {
  readonly replies: readonly Reply[]
  readonly error?: unknown
}

export class NextHopTransaction {
  readonly #connection: NextHopConnection
  readonly #log: Log
  /** XFORWARD and MAIL, until they are sent with the first RCPT. */
  #postponed: Command[] = []
  #accepted: Command[] = []
  /** The reply with which the next hop refused MAIL. */
  #refusal: Reply | undefined

  constructor(options: NextHopOptions, log: Log) {
    this.#connection = new NextHopConnection(options, (client) => this.#repeat(client, this.#accepted))
    this.#log = log
  }

  /** What the next hop has offered. */
  get extensions(): Extensions {
    return this.#connection.extensions
  }

  /**
   * Has no recipients when the client was told that none was accepted. The client may have sent DATA with them (RFC 2920 §3.1)
   * and would answer 354 with a dot alone: an empty message for the recipients that the next hop did accept.
   */
  get transaction(): Transaction {
    const mail = this.#accepted.find(({ verb }) => verb === 'MAIL')
    return {
      xforward: this.#accepted.filter(({ verb }) => verb === 'XFORWARD'),
      ...(mail !== undefined && { mail }),
      recipients: this.#refusal === undefined ? this.#accepted.filter(({ verb }) => verb === 'RCPT') : [],
    }
  }

  /** Whether the client has sent MAIL, also when the next hop has refused it. */
  get hasSender(): boolean {
    const isMail = ({ verb }: Command): boolean => verb === 'MAIL'
    return this.#refusal !== undefined || this.#postponed.some(isMail) || this.#accepted.some(isMail)
  }

  /** How many commands the transaction has. */
  get length(): number {
    return this.#postponed.length + this.#accepted.length
  }

  /** Begins to connect, unless the pool has a connection. Does not wait. */
  connect(): void {
    this.#connection.connect()
  }

  /** Greets the next hop in the client's name, unless that was done already. */
  hello(name: string): Promise<void> {
    return this.#connection.hello(name)
  }

  /** Keeps XFORWARD or MAIL, to be sent with the first recipient. */
  postpone(command: Command): void {
    this.#postponed.push(command)
  }

  /** Sends the postponed commands and RCPT. When the next hop refuses MAIL, that is the reply to each recipient. Throws nothing. */
  async sendRecipients(recipients: readonly Command[]): Promise<RecipientReplies> {
    const replies: Reply[] = []
    if (this.#refusal === undefined) {
      try {
        await this.#connection.use((client) => this.#send(client, recipients, replies))
      } catch (error) {
        return { replies, error }
      }
    }
    const refusal = this.#refusal
    return { replies: refusal === undefined ? replies : recipients.map(() => refusal) }
  }

  /**
   * Sends the message and ends the transaction; returns the last reply. The end of the message is not sent when the deadline
   * has aborted by then; when it aborts, the connection ends. `part` is a transaction to begin instead of the one under way:
   * the same one for some of its recipients.
   */
  async deliver(content: MessageContent, deadline: Deadline, part?: Transaction): Promise<Reply> {
    const abort = (): void => this.#connection.drop('the message was given up')
    deadline.onAbort(abort)
    try {
      if (part !== undefined) await this.#begin(part)
      return await (this.extensions.has('CHUNKING')
        ? this.#sendChunk(content, deadline)
        : this.#sendData(content, deadline))
    } finally {
      deadline.offAbort(abort)
    }
  }

  /**
   * Forgets the transaction. Sends RSET, and returns something to wait for, only when the next hop knows of it. Never throws:
   * a connection that cannot be used again is closed.
   */
  reset(): Promise<void> | undefined {
    this.#postponed = []
    this.#refusal = undefined
    if (this.#accepted.length === 0) return undefined
    this.#accepted = []
    const { client } = this.#connection
    return client === undefined ? undefined : this.#sendReset(client)
  }

  /** Gives the connection to the pool when no transaction is under way, else sends QUIT. Does not wait. */
  close(): void {
    this.#connection.close(this.#accepted.length > 0)
  }

  async #send(client: SmtpClient, recipients: readonly Command[], replies: Reply[]): Promise<void> {
    const postponed = this.#postponed
    await this.#connection.exchange(client, [...postponed, ...recipients.slice(replies.length)], (command, reply) => {
      if (command !== postponed[0]) replies.push(reply)
      else {
        postponed.shift()
        if (!isPositive(reply)) this.#onRefusal(command, reply)
      }
      if (isPositive(reply) || command.verb === 'XFORWARD') this.#accepted.push(command)
    })
  }

  #onRefusal({ verb, line }: Command, reply: Reply): void {
    if (verb === 'MAIL') this.#refusal ??= reply
    else {
      const command = line.toString('latin1', 0, LOGGED_LENGTH)
      this.#log.write('warn', 'next hop refused XFORWARD, which is for its log', { command, reply: printReply(reply) })
    }
  }

  async #sendReset(client: SmtpClient): Promise<void> {
    const reply = await client.command('RSET').catch(() => undefined)
    if (reply === undefined || !isPositive(reply)) this.#connection.drop('RSET failed')
  }

  /** XFORWARD_README: RSET clears the attributes, and so does the end of a message. */
  async #begin({ xforward, mail, recipients }: Transaction): Promise<void> {
    await this.reset()
    const commands = [...xforward, ...(mail === undefined ? [] : [mail]), ...recipients]
    await this.#connection.use((client) => this.#repeat(client, commands))
    this.#accepted = commands
  }

  async #repeat(client: SmtpClient, commands: readonly Command[]): Promise<void> {
    await this.#connection.exchange(client, commands, ({ verb }, reply) => {
      if (!isPositive(reply) && verb !== 'XFORWARD') throw new UnexpectedReply(reply)
    })
  }

  async #sendData(content: MessageContent, deadline: Deadline): Promise<Reply> {
    const { client, reply } = await this.#connection.use(async (client) => {
      const reply = await client.command('DATA')
      // No message was sent yet: neither 421 nor 2xx can be the answer to one.
      if (reply.code !== 354 && (reply.code === 421 || reply.code < 400)) throw new UnexpectedReply(reply)
      return { client, reply }
    }, deadline)
    if (reply.code !== 354) return reply
    const last = await this.#finish(async () => {
      const end = await client.data(lend(content))
      await assertInTime(deadline)
      return end()
    })
    this.#accepted = []
    return last
  }

  /** RFC 3030: without DATA there is no reply to wait for, and one round trip less. */
  async #sendChunk(content: MessageContent, deadline: Deadline): Promise<Reply> {
    const end = await this.#connection.use(async (client) => {
      const end = await client.chunk(lend(content), content.size)
      await assertInTime(deadline)
      // The next hop may have said that it closes while filters judged. The end of the message is not sent yet, so it may go
      // to another connection.
      if (!client.usable) throw new SmtpError('the next hop is closing')
      return end
    }, deadline)
    const reply = await this.#finish(end)
    // RFC 3030 §2: after a failed BDAT the transaction is not over before RSET.
    if (isPositive(reply)) this.#accepted = []
    return reply
  }

  /** Sends the end of the message. After that only a reply can tell whether the next hop has the message. */
  async #finish(end: () => Promise<Reply>): Promise<Reply> {
    try {
      const reply = await end()
      // 221 is the reply to QUIT, and 3xx asks for more: neither says that the next hop has the message.
      if (reply.code === 221 || (reply.code < 400 && !isPositive(reply))) throw new UnexpectedReply(reply)
      if (reply.code === 421) this.#connection.drop('the next hop is closing')
      return reply
    } catch (error) {
      this.#connection.drop('the message was given up')
      throw error
    }
  }
}

/** Throws when the deadline has aborted. The event loop gets a turn first, so that a client that has disconnected aborts it. */
async function assertInTime(deadline: Deadline): Promise<void> {
  await turn()
  deadline.throwIfAborted()
}
