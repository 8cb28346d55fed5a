/**
 * One connection from Postfix: a session of smtpd(8) with its client, or one message of sendmail(1). Several messages may come in it, one
 * after another. Postfix sends all of a message at once, when its client has sent the end of it, and waits for the answer.
 *
 * It does not tell when its client goes away meanwhile: it takes the answer and delivers the message, and the client sends it again. So
 * nothing is watched here while filters judge, and the deadline is shorter than clients wait.
 *
 * A packet that Postfix would not send ends the connection, and nothing else. A connection between two messages cannot be ended
 * without harm: Postfix defers what comes next in that session. So it is closed only when the service ends.
 */
import type { Socket } from 'node:net'
import { type MilterEvent, MilterSession, negotiate, progress, type Wishes } from '@candy/milter'
import { drained } from '@candy/sdk/failover'
import { errorText } from '../os/error-text.js'
import { answerMessage, answerToLost } from './message.js'
import { MessageIntake } from './message-intake.js'
import type { Milter } from './milter.js'
import { receivedField } from './received-field.js'
import { MAIL_MACROS, type MailArguments, type MilterClient, MilterTransaction } from './transaction.js'

const WISHES: Wishes = {
  actions: ['addHeaders', 'changeHeaders', 'changeBody', 'deleteRecipients'],
  // The queue id comes with DATA in time for the Received, and again where a site has set that away.
  macros: { mail: MAIL_MACROS, data: ['i'], endOfMessage: ['i'] },
}

/** Milliseconds between two signs of life while filters judge. Postfix waits for content_timeout, which a site may have set to seconds. */
const PROGRESS_INTERVAL = 2_000

/** Bytes that may wait in the socket. */
const BACKLOG = 256 * 1024

interface Incoming {
  readonly transaction: MilterTransaction
  readonly intake: MessageIntake
}

export class MilterConnection {
  readonly #socket: Socket
  readonly #milter: Milter
  readonly #session: MilterSession
  #client: MilterClient = {}
  #mailMacros: ReadonlyMap<string, string> = new Map()
  #incoming: Incoming | undefined
  #ending = false

  constructor(socket: Socket, milter: Milter) {
    this.#socket = socket
    this.#milter = milter
    this.#session = new MilterSession(milter.packetLimit)
    // What cannot be written shows where it is read.
    socket.on('error', () => {})
  }

  /** Serves Postfix until it ends the connection. Never throws. */
  async run(): Promise<void> {
    try {
      for await (const chunk of this.#socket as AsyncIterable<Uint8Array>) {
        for (const event of this.#session.receive(chunk)) {
          const pending = this.#handle(event)
          if (pending !== undefined) await pending
        }
        if (this.#ending && !this.#session.hasMessage) break
      }
    } catch (error) {
      if (!this.#ending) this.#logEnd(error)
    }
    await this.#incoming?.intake.close()
    this.#socket.destroy()
  }

  /** The service does not take more connections. With `idle: 'close'` this one ends as soon as it has no message. */
  drain(idle: 'keep' | 'close'): void {
    if (idle === 'keep') return
    this.#ending = true
    if (!this.#session.hasMessage) this.#socket.destroy()
  }

  /** Returns something to wait for only when it takes time. */
  #handle(event: MilterEvent): Promise<void> | undefined {
    const incoming = this.#incoming
    switch (event.type) {
      case 'negotiate':
        this.#socket.write(negotiate(event, WISHES))
        return undefined
      case 'macros':
        if (event.packet === 'M') this.#mailMacros = event.values
        else incoming?.transaction.noteId(event.values)
        return undefined
      case 'connect':
        this.#client = { connect: event }
        return undefined
      case 'helo':
        this.#client = { ...this.#client, helo: event.name }
        return undefined
      case 'mail':
        return this.#begin(event.arguments)
      case 'recipient':
        incoming?.transaction.addRecipient(event.arguments)
        return undefined
      case 'header':
        return incoming?.intake.header(event.name, event.value)
      case 'body':
        return incoming?.intake.body(event.chunk)
      case 'endOfMessage':
        return incoming && this.#answer(incoming, event.chunk)
      case 'abort':
        return this.#forget()
      default:
        return undefined
    }
  }

  #begin(sender: MailArguments): undefined {
    const transaction = new MilterTransaction(this.#client, sender, this.#mailMacros)
    const intake = new MessageIntake(this.#milter.spool, () => receivedField(transaction, new Date()))
    this.#incoming = { transaction, intake }
  }

  async #answer(incoming: Incoming, chunk: Uint8Array): Promise<void> {
    const { transaction, intake } = incoming
    const timer = setInterval(() => this.#socket.write(progress()), PROGRESS_INTERVAL)
    try {
      await intake.body(chunk)
      const content = await intake.finish()
      const reply = await answerMessage(this.#milter, { transaction, content })
      // The chunks of a new body may have nothing between them.
      clearInterval(timer)
      try {
        for await (const packet of reply.packets()) await this.#send(packet)
      } finally {
        await reply.close()
      }
    } catch (error) {
      if (this.#socket.destroyed) throw error
      // Postfix forgets the changes that it was told before.
      await this.#send(answerToLost(this.#milter, transaction, error))
    } finally {
      clearInterval(timer)
      await this.#forget()
    }
    this.#session.replied()
  }

  #forget(): Promise<void> | undefined {
    const closing = this.#incoming?.intake.close()
    this.#incoming = undefined
    return closing
  }

  #send(packet: Uint8Array): Promise<void> | undefined {
    this.#socket.write(packet)
    return this.#socket.writableLength > BACKLOG ? drained(this.#socket) : undefined
  }

  /** Postfix closes without a word when it ends in a hurry: that is worth a line only while a message is under way. */
  #logEnd(error: unknown): void {
    const { name } = error as { readonly name?: unknown }
    const { log } = this.#milter
    if (name === 'MilterError') log.write('error', 'session refused', { error: errorText(error) })
    else if (this.#incoming !== undefined) log.write('warn', 'session failed', { error: errorText(error) })
  }
}
