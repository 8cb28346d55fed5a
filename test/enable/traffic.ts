/**
 * A steady load of mail: some clients, each with a session for every few messages, a program that runs sendmail(1) for each, and
 * single messages and sessions that a test does something special with. Every message that was taken is remembered, and when its session was opened.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, connect, type Mail, SmtpError } from '../kit/client.js'

const SENDER = 'a@example.com'
export const RECIPIENT = 'b@example.net'

/** Milliseconds for the reply to a message: a filter may be waiting for something. */
const TIME_LIMIT = 600_000

/** Milliseconds between two bursts of sendmail(1), and how many messages a burst has: pickup(8) is to have several at a time. */
const BURST_PACE = 400
const BURST = 4

/** Runs sendmail(1) with these arguments and this input. */
type Sendmail = (words: readonly string[], input: string) => Promise<{ readonly status: number | null }>

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
  /** Rejects as soon as a client of the load, or sendmail(1), cannot do what it should; pending for as long as they can. */
  readonly failure: Promise<never>
  #fail: (error: unknown) => void = () => {}
  #clients: Promise<void>[] = []
  #program: { readonly end: () => void; readonly ended: Promise<void> } | undefined

  /** `arrived` counts the messages at the end of their way: clients wait while too many are under way. */
  constructor(port: number, arrived: () => number) {
    this.#port = port
    this.#arrived = arrived
    this.failure = new Promise((_, reject) => {
      this.#fail = reject
    })
    // stop() reports the error, too.
    this.failure.catch(() => {})
  }

  start(clients: number): void {
    this.#clients = Array.from({ length: clients }, (_, n) => this.#load(n))
    for (const client of this.#clients) client.catch(this.#fail)
  }

  async stop(): Promise<void> {
    this.#going = false
    await Promise.all(this.#clients)
  }

  /** Submits mail with sendmail(1) until `stopSendmail`. */
  startSendmail(run: Sendmail): void {
    let going = true
    const submit = async (): Promise<void> => {
      while (going) {
        await Promise.all(Array.from({ length: BURST }, () => this.#submit(run)))
        do await sleep(BURST_PACE)
        while (this.sent.length - this.#arrived() > UNDER_WAY && going)
      }
    }
    this.#program = {
      end: () => {
        going = false
      },
      ended: submit(),
    }
    this.#program.ended.catch(this.#fail)
  }

  async stopSendmail(): Promise<void> {
    this.#program?.end()
    await this.#program?.ended
  }

  async #submit(run: Sendmail): Promise<void> {
    this.#count += 1
    const key = `message-${this.#count}`
    const opened = performance.now()
    const { bytes } = makeMail(key, SENDER, [])
    const { status } = await run(['-i', '-f', SENDER, RECIPIENT], bytes.replaceAll('\r\n', '\n'))
    if (status !== 0) throw new Error(`sendmail(1) ended with ${status} for ${key}`)
    this.sent.push({ key, id: '', opened })
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
    let session = await this.#open()
    return {
      send: async () => {
        const { client, opened } = session
        try {
          return await this.#give(client, opened)
        } catch (error) {
          // After two reloads of the service no session is left of those that had candy as a milter before, and the client comes again.
          if (!(error instanceof SmtpError) || error.reply.code !== 451) throw error
          await client.quit()
          session = await this.#open()
          return this.#give(session.client, session.opened)
        }
      },
      quit: () => session.client.quit(),
    }
  }

  async #load(number: number): Promise<void> {
    while (this.#going) {
      const { client, opened } = await this.#open()
      // A session that failed must not stay open: candy disable would wait for its end.
      await using _ = client
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

function makeMail(key: string, sender: string, fields: readonly string[]): Mail & { readonly bytes: string } {
  const lines = [`X-Key: ${key}`, ...fields, '', `this is ${key}.`, '.', '']
  return { sender, recipients: [RECIPIENT], bytes: lines.join('\r\n') }
}

/** The body of the message with this key, as it must arrive. */
export function bodyOf(key: string): string {
  return `this is ${key}.\r\n.\r\n`
}
