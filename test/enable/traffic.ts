/**
 * A steady load of mail: some clients, each with a session for every few messages, and single messages and sessions that a
 * test does something special with. Every message that was taken is remembered, and when its session was opened.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, connect, type Mail } from '../kit/client.js'

const SENDER = 'a@example.com'
export const RECIPIENT = 'b@example.net'

/** Milliseconds for the reply to a message: a filter may be waiting for something. */
const TIME_LIMIT = 600_000

/** How many messages may be on their way. Clients wait when there are more, so that the load stays steady. */
const UNDER_WAY = 40

/** A message that Postfix has answered 250 for. */
export interface Sent {
  readonly key: string
  /** Postfix's queue id, of the smtpd(8) or, before the queue, of the one behind the filter. */
  readonly id: string
  /** Milliseconds of `performance.now()`. */
  readonly opened: number
}

export interface Kept {
  send(): Promise<Sent>
  quit(): Promise<void>
}

/** What the test wants of one message. The filter reads it from the header fields. */
export interface Special {
  readonly sender?: string
  readonly fields?: readonly string[]
}

export class Traffic {
  readonly sent: Sent[] = []
  readonly #port: number
  readonly #arrived: () => number
  #count = 0
  #going = true
  /** Milliseconds that each client waits between two messages. */
  pace = 100
  #clients: Promise<void>[] = []

  /** `arrived` counts the messages at the end of their way: clients wait while too many are under way. */
  constructor(port: number, arrived: () => number) {
    this.#port = port
    this.#arrived = arrived
  }

  start(clients: number): void {
    this.#clients = Array.from({ length: clients }, (_, n) => this.#load(n))
    // stop() reports the error.
    for (const client of this.#clients) client.catch(() => {})
  }

  async stop(): Promise<void> {
    this.#going = false
    await Promise.all(this.#clients)
  }

  /** One message in a session of its own. */
  async send(special: Special = {}): Promise<Sent> {
    const { client, opened } = await this.#open()
    try {
      return await this.#give(client, opened, special)
    } finally {
      await client.quit()
    }
  }

  /** A session that stays open until it is told to end. */
  async keep(): Promise<Kept> {
    const { client, opened } = await this.#open()
    return { send: () => this.#give(client, opened), quit: () => client.quit() }
  }

  async #load(number: number): Promise<void> {
    while (this.#going) {
      const { client, opened } = await this.#open()
      // The sessions have different lengths, so that some are open at any moment.
      for (let left = 3 + number; left > 0 && this.#going; left--) {
        await this.#give(client, opened)
        do await sleep(this.pace)
        while (this.sent.length - this.#arrived() > UNDER_WAY && this.#going)
      }
      await client.quit()
    }
  }

  async #open(): Promise<{ client: Client; opened: number }> {
    const opened = performance.now()
    const client = await connect(this.#port)
    await client.ehlo()
    return { client, opened }
  }

  async #give(client: Client, opened: number, { sender = SENDER, fields = [] }: Special = {}): Promise<Sent> {
    this.#count += 1
    const key = `message-${this.#count}`
    let reply = await client.send(makeMail(key, sender, fields), TIME_LIMIT)
    // The client sends the message again, as any client does. If Postfix had accepted the first one, it arrives twice.
    if (reply.code >= 400 && reply.code < 500) reply = await client.send(makeMail(key, sender, fields), TIME_LIMIT)
    if (reply.code !== 250) throw new Error(`Postfix did not take ${key}: ${reply.raw}`)
    const id = /queued as (\S+)/.exec(reply.lines.join())?.[1] ?? ''
    const sent = { key, id, opened }
    this.sent.push(sent)
    return sent
  }
}

function makeMail(key: string, sender: string, fields: readonly string[]): Mail {
  const lines = [`X-Key: ${key}`, ...fields, '', `this is ${key}.`, '.', '']
  return { sender, recipients: [RECIPIENT], bytes: lines.join('\r\n') }
}

/** The body of the message with this key, as it must arrive. */
export function bodyOf(key: string): string {
  return `this is ${key}.\r\n.\r\n`
}
