/**
 * The order of the packets in one connection, which is one session of Postfix's smtpd(8) with its client, or one message of
 * sendmail(1) in cleanup(8). Several messages may come in it. Whatever comes in another order than Postfix has it ends the session:
 * a message must not be made of parts of two.
 */
import { MilterError } from './error.js'
import { type MilterEvent, parseEvent } from './event.js'
import { PacketReader } from './packet.js'

/** How far the session is. `ended` is after QUIT, and after an error. */
type Stage =
  | 'new'
  | 'negotiated'
  | 'connected'
  | 'mail'
  | 'recipients'
  | 'data'
  | 'header'
  | 'endOfHeader'
  | 'body'
  | 'endOfMessage'
  | 'ended'

interface Rule {
  /** The stages in which the event may come. */
  readonly from: readonly Stage[]
  /** The stage after it; the same as before where there is none. */
  readonly to?: Stage
}

const MESSAGE: readonly Stage[] = ['recipients', 'data', 'header', 'endOfHeader', 'body']
const OPEN: readonly Stage[] = ['negotiated', 'connected', 'mail', ...MESSAGE]

const RULES: Readonly<Record<MilterEvent['type'], Rule>> = {
  negotiate: { from: ['new'], to: 'negotiated' },
  macros: { from: OPEN },
  connect: { from: ['negotiated'], to: 'connected' },
  helo: { from: ['connected'] },
  mail: { from: ['connected'], to: 'mail' },
  recipient: { from: ['mail', 'recipients'], to: 'recipients' },
  data: { from: ['recipients'], to: 'data' },
  header: { from: ['recipients', 'data', 'header'], to: 'header' },
  endOfHeader: { from: ['recipients', 'data', 'header'], to: 'endOfHeader' },
  body: { from: MESSAGE, to: 'body' },
  endOfMessage: { from: MESSAGE, to: 'endOfMessage' },
  // Postfix sends it after each message, and after RSET and EHLO whether or not a message was under way.
  abort: { from: OPEN.slice(1), to: 'connected' },
  quit: { from: OPEN, to: 'ended' },
}

export class MilterSession {
  readonly #reader: PacketReader
  #stage: Stage = 'new'

  /** `maxLength` is the number of bytes that a packet may have: of the longest header field that Postfix accepts, and some more. */
  constructor(maxLength?: number) {
    this.#reader = new PacketReader(maxLength)
  }

  /** Whether a message is under way, from MAIL to the reply to its end. */
  get hasMessage(): boolean {
    return !(
      this.#stage === 'new' ||
      this.#stage === 'negotiated' ||
      this.#stage === 'connected' ||
      this.#stage === 'ended'
    )
  }

  /**
   * Yields what the bytes say. Read the generator to its end before the next call. Throws MilterError for everything that Postfix
   * would not send; the session is over then.
   */
  *receive(chunk: Uint8Array): Generator<MilterEvent, void, void> {
    try {
      for (const packet of this.#reader.read(chunk)) {
        const event = parseEvent(packet)
        const { from, to } = RULES[event.type]
        if (!from.includes(this.#stage)) {
          throw new MilterError('ORDER', `a packet ${packet.command} cannot come in the stage ${this.#stage}`)
        }
        this.#stage = to ?? this.#stage
        yield event
      }
    } catch (error) {
      this.#stage = 'ended'
      throw error
    }
  }

  /** The end of the message has been replied to: the next one may come. */
  replied(): void {
    if (this.#stage === 'endOfMessage') this.#stage = 'connected'
  }
}
