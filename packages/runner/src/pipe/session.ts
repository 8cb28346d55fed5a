/**
 * One message that candy-pipe hands to the resident runner: candy-handover connects, sends it, and passes the answer on to
 * pipe(8). It is judged as `candy pipe` judges it, and goes back to Postfix by the re-injection service. frames.ts reads what
 * comes, and connection.ts whether candy-handover is still there: when it is gone, pipe(8) will send the message again.
 */
import type { Socket } from 'node:net'
import { resolve } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Chain } from '../chain/chain.js'
import { Deadline } from '../chain/deadline.js'
import type { ConnectionPool } from '../delivery/connection-pool.js'
import { makeOwnId } from '../delivery/own-id.js'
import { pooledNextHop } from '../delivery/pooled-next-hop.js'
import type { History } from '../history/history.js'
import type { Log } from '../log/log.js'
import { CrlfWriter } from '../message/line-ends.js'
import { type Spool, type SpoolOptions, startIntake } from '../message/spool.js'
import { type PipeArguments, parsePipeArguments, type RefusedArguments } from './arguments.js'
import { PipeConnection } from './connection.js'
import { failPipe } from './failure.js'
import { FrameReader } from './frames.js'
import { answerPipe, type PipeAnswer } from './pipe.js'

/** What all sessions have in common. Durations are milliseconds. */
export interface PipeFront {
  /** Postfix's configuration directory. */
  readonly configDirectory: string
  /** The SMTP service that messages are sent to. */
  readonly nextHop: ServiceAddress
  readonly pool: ConnectionPool
  /** For all that is done with a message. Shorter than candy-handover waits. */
  readonly deadline: number
  /** For a reply of the next hop to anything but a message. */
  readonly replyTimeout: number
  /** For the next bytes of a message. */
  readonly idle: number
  readonly chain: Chain
  readonly spool: SpoolOptions
  /** Directory of the quarantine. */
  readonly quarantine: string
  readonly log: Log
  readonly history: History
}

export class PipeSession {
  readonly #front: PipeFront
  readonly #connection: PipeConnection
  readonly #frames = new FrameReader()
  readonly #deadline: Deadline

  constructor(socket: Socket, front: PipeFront) {
    this.#front = front
    this.#connection = new PipeConnection(socket, front.idle)
    this.#deadline = new Deadline(undefined, front.deadline)
  }

  /** Takes the message, and answers when the next hop or the quarantine has it. Never throws. */
  async run(): Promise<void> {
    const receivedAt = performance.now()
    const { log, history } = this.#front
    this.#connection.onLost((error) => this.#deadline.abort(error))
    this.#deadline.onAbort((reason) => this.#connection.abort(reason))
    let call: PipeArguments | RefusedArguments | undefined
    let answer: PipeAnswer
    try {
      const content = await this.#receive()
      try {
        call = this.#readArguments()
        if ('error' in call) throw call.error
        answer = await this.#judge(call, content)
      } finally {
        await content.close()
      }
    } catch (error) {
      answer = failPipe(error, { call, receivedAt }, log, history)
    }
    this.#deadline.end()
    this.#connection.answer(`${answer.exit} ${answer.text}\n`)
  }

  /** Nothing to end: a session is one message, and the client sends it at once. */
  drain(): void {}

  async #receive(): Promise<Spool> {
    const intake = startIntake(this.#front.spool)
    const writer = new CrlfWriter()
    try {
      await this.#readAll((piece) => intake.append(writer.convert(piece)))
      return await intake.finish()
    } catch (error) {
      await intake.close()
      // The client reads no answer before it has sent the whole message. What fails while the rest is read, failed before.
      if (!this.#frames.isBroken) await this.#readAll(() => undefined).catch(() => {})
      throw error
    }
  }

  /** Reads what is left of the message. `keep` may return something to wait for. */
  async #readAll(keep: (piece: Uint8Array) => Promise<void> | undefined): Promise<void> {
    while (!this.#frames.ended) {
      for (const piece of this.#frames.read(await this.#connection.read())) {
        const pending = keep(piece)
        if (pending !== undefined) await pending
      }
    }
  }

  #readArguments(): PipeArguments | RefusedArguments {
    const own = this.#front.configDirectory
    const call = parsePipeArguments(this.#frames.arguments, { MAIL_CONFIG: own })
    const { configDirectory, id } = call
    if (resolve(configDirectory) === resolve(own)) return call
    const text = `candy-pipe was run for the Postfix in ${configDirectory}, and this service is for the one in ${own}`
    return { configDirectory, ...(id !== undefined && { id }), error: new CandyError('CONFIG', text) }
  }

  #judge(call: PipeArguments, content: Spool): Promise<PipeAnswer> {
    const { envelope, addresses, id } = call
    const ownClientsAreLocal = call.ownClientsAreLocal === true
    const { nextHop: address, pool, replyTimeout, chain, quarantine, log, history } = this.#front
    const nextHop = pooledNextHop({ address, pool, replyTimeout, ownClientsAreLocal, log })
    const options = { chain, nextHop, ownClientsAreLocal, quarantine, log, history }
    const assertUpstream = async (): Promise<void> => {
      // The event loop gets a turn first, so that it is known when the client is gone.
      await turn()
      this.#deadline.throwIfAborted()
    }
    const message = { id: id ?? makeOwnId(), envelope, addresses, content, assertUpstream }
    return answerPipe(options, message, this.#deadline)
  }
}
