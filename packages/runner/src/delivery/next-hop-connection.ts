/**
 * The connection to the next hop that a session has: taken from the pool or made, greeted, and replaced when it turns out to
 * be closed.
 *
 * Throws SmtpError when the next hop does not answer, and UnexpectedReply when its reply leaves no way to go on. The connection
 * is not used again then.
 */
import type { ServiceAddress } from '@candy/sdk/values'
import type { Deadline } from '../chain/deadline.js'
import { SmtpClient, SmtpError } from '../smtp/client.js'
import type { Command } from '../smtp/command.js'
import type { Extensions } from '../smtp/ehlo.js'
import { printReply, type Reply } from '../smtp/reply.js'
import type { ConnectionPool } from './connection-pool.js'

/** Bytes. RFC 5321 §4.5.3.1.2. */
const NAME_LIMIT = 255

/** A reply that leaves no way to go on: 421, a refusal where there was none before, or one that the command cannot have. */
export class UnexpectedReply extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`the next hop answered ${printReply(reply)}`)
    this.reply = reply
  }
}

export interface NextHopOptions {
  readonly address: ServiceAddress
  /** Milliseconds that the next hop has for a reply to anything but a message. */
  readonly replyTimeout: number
  readonly pool?: ConnectionPool | undefined
}

export class NextHopConnection {
  readonly #options: NextHopOptions
  readonly #resume: (client: SmtpClient) => Promise<void>
  #name = 'localhost'
  /** Milliseconds of `performance.now()`. */
  #connectedAt = 0
  #connecting: SmtpClient | undefined
  #client: SmtpClient | undefined
  #extensions: Extensions = new Map()

  /** `resume` sends on a new connection what was sent on the one before. */
  constructor(options: NextHopOptions, resume: (client: SmtpClient) => Promise<void>) {
    this.#options = options
    this.#resume = resume
  }

  /** What the next hop has offered. */
  get extensions(): Extensions {
    return this.#extensions
  }

  /** The connection, where there is one that can be used. */
  get client(): SmtpClient | undefined {
    return this.#client?.usable === true ? this.#client : undefined
  }

  /** Begins to connect, unless the pool has a connection. Does not wait. */
  connect(): void {
    const { pool } = this.#options
    if (pool === undefined || pool.size === 0) this.#connecting ??= this.#newClient()
  }

  /** Greets the next hop in the client's name, unless that was done already. */
  async hello(name: string): Promise<void> {
    this.#name = name.length <= NAME_LIMIT && /^[\x21-\x7e]+$/.test(name) ? name : 'localhost'
    if (this.#client === undefined && this.#connecting === undefined) this.#acquirePooled()
    await this.use(async () => {})
  }

  /**
   * Does something on the connection; once more, on a new one, when the old one turns out to be closed. Only a failure of the
   * connection is a reason to do it again: not a client that has disconnected, a deadline, or a message that cannot be read.
   */
  async use<T>(work: (client: SmtpClient) => Promise<T>, deadline?: Deadline): Promise<T> {
    const old = this.#client
    deadline?.throwIfAborted()
    try {
      if (old?.usable === true) return await work(old)
    } catch (error) {
      if (!isConnectionFailure(error)) {
        this.drop('what was under way was given up')
        throw error
      }
    }
    if (old !== undefined) this.drop('the next hop is closing')
    try {
      deadline?.throwIfAborted()
      return await work(await this.#open())
    } catch (error) {
      this.drop('the connection broke')
      throw error
    }
  }

  /**
   * Sends commands, all in one write where the next hop allows that (RFC 2920), and calls `onReply` for each, in order. Throws
   * UnexpectedReply for 421.
   */
  async exchange(
    client: SmtpClient,
    commands: readonly Command[],
    onReply: (command: Command, reply: Reply) => void,
  ): Promise<void> {
    const pipelining = this.#extensions.has('PIPELINING')
    if (pipelining && commands.length > 0) client.sendLines(commands.map(({ line }) => line))
    for (const command of commands) {
      if (!pipelining) client.sendLines([command.line])
      const reply = await client.reply()
      if (reply.code === 421) throw new UnexpectedReply(reply)
      onReply(command, reply)
    }
  }

  /** Ends the connection at once; whatever waits for a reply fails with this reason. */
  drop(reason: string): void {
    this.#connecting?.abort(reason)
    this.#client?.abort(reason)
    this.#connecting = undefined
    this.#client = undefined
  }

  /** Gives a connection without a transaction under way to the pool, else sends QUIT. Does not wait. */
  close(transaction: boolean): void {
    const { pool } = this.#options
    this.#connecting?.close()
    const client = this.#client
    if (client === undefined) return
    this.#client = undefined
    if (pool === undefined || transaction) client.close()
    else pool.release({ client, name: this.#name, extensions: this.#extensions, connectedAt: this.#connectedAt })
  }

  async #open(): Promise<SmtpClient> {
    const client = this.#connecting ?? this.#newClient()
    this.#connecting = client
    await this.#greet(client)
    this.#connecting = undefined
    this.#client = client
    this.#connectedAt = performance.now()
    await this.#resume(client)
    return client
  }

  #newClient(): SmtpClient {
    return SmtpClient.connect(this.#options.address, { timeout: this.#options.replyTimeout })
  }

  #acquirePooled(): void {
    const pooled = this.#options.pool?.acquire(this.#name)
    if (pooled === undefined) return
    this.#client = pooled.client
    this.#extensions = pooled.extensions
    this.#connectedAt = pooled.connectedAt
  }

  async #greet(client: SmtpClient): Promise<void> {
    const greeting = await client.reply()
    if (greeting.code !== 220) throw greetingFailure(greeting)
    const { reply, extensions } = await client.ehlo(this.#name)
    if (reply.code !== 250) throw greetingFailure(reply)
    this.#extensions = extensions
  }
}

/** A reply to the connection itself is about no message. */
function greetingFailure(reply: Reply): SmtpError {
  return new SmtpError(`the next hop answered ${printReply(reply)}`)
}

/** Whether another connection may do better. */
function isConnectionFailure(error: unknown): boolean {
  return error instanceof SmtpError || (error instanceof UnexpectedReply && error.reply.code === 421)
}
