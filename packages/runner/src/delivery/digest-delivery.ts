/** Sends candy's own mail to a postmaster: past the filters, with the null sender, so that nobody answers it and no bounce comes back. */
import type { ServiceAddress } from '@candy/sdk/values'
import type { Log } from '../log/log.js'
import { errorText } from '../os/error-text.js'
import { SmtpClient } from '../smtp/client.js'
import { printReply } from '../smtp/reply.js'
import { makeCommands } from './envelope-commands.js'
import { makeOwnId } from './own-id.js'
import { isTaken, runTransaction } from './smtp-transaction.js'

export interface Sent {
  /** `unknown`: the connection ended after the end of the message. */
  readonly result: 'taken' | 'failed' | 'unknown'
  /** What the next hop said, or what failed. */
  readonly text: string
}

export interface OwnMailOptions {
  readonly nextHop: ServiceAddress
  readonly log: Pick<Log, 'write'>
  /** Ends the attempt. */
  readonly signal: AbortSignal
}

/** Milliseconds in all. */
const DEADLINE = 120_000

/** Never throws. `text` is a whole message of ASCII, with CRLF line ends. */
export async function sendOwnMail(
  recipient: string,
  text: string,
  { nextHop, log, signal }: OwnMailOptions,
): Promise<Sent> {
  const bytes = Buffer.from(text)
  const content = {
    size: bytes.length,
    open: async function* () {
      yield bytes
    },
    headers: async () => bytes,
  }
  const message = { id: makeOwnId(), envelope: { sender: '', recipients: [recipient] }, content } as const
  let isSending = false
  const client = SmtpClient.connect(nextHop, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]),
  })
  try {
    const commands = makeCommands(message, false)
    const beforeEnd = (): void => {
      isSending = true
    }
    const reply = await runTransaction(client, { id: message.id, commands, content, beforeEnd }, log)
    return { result: isTaken(reply) ? 'taken' : 'failed', text: printReply(reply) }
  } catch (error) {
    return { result: isSending ? 'unknown' : 'failed', text: errorText(error) }
  } finally {
    client.close()
  }
}
