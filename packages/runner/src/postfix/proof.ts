/**
 * Proves that mail passes through candy, before any mail depends on it. A test message goes to its own smtpd(8), which has the
 * options that the receiving services will get, then through Postfix's queue and candy back into Postfix, which delivers it to
 * this process. No other mail is affected, and nothing is looked up in DNS or sent to another host.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '../os/error-text.js'
import { unlinkIfThere } from '../os/unlink.js'
import { SmtpClient } from '../smtp/client.js'
import { printReply } from '../smtp/reply.js'
import type { Commands } from './commands.js'
import { PostfixError } from './error.js'
import { type Instance, parameterOf } from './instance.js'
import { DOMAIN, SERVICE, SOCKET } from './proof-configuration.js'
import { startProofServer } from './proof-server.js'
import { queueEntries } from './queue.js'

/** Milliseconds for Postfix to start using its new configuration. */
const RELOAD_TIMEOUT = 30_000
/** Milliseconds for the message to arrive. */
const ARRIVAL_TIMEOUT = 90_000
/** Milliseconds after which a message that is in no queue counts as lost. */
const LOST_AFTER = 8_000

/** Sends the test message and waits until it arrives. Throws PostfixError with Postfix's reason when it does not. */
export async function prove(instance: Instance, run: Commands): Promise<void> {
  const path = join(instance.queueDirectory, SOCKET)
  unlinkIfThere(path)
  const server = await startProofServer(path)
  try {
    const token = randomUUID()
    const recipient = `${token}@${DOMAIN}`
    const content = makeMessage(recipient, parameterOf(instance, 'myhostname'))
    await submit(join(instance.queueDirectory, 'private', SERVICE), recipient, content)
    await waitForArrival(run, recipient, () =>
      server.received.some((text) => text.endsWith(bodyOf(content)) && text.includes(token)),
    )
  } finally {
    server.close()
  }
}

/** Deletes test messages that a failed proof has left in the queue. */
export async function deleteProofMessages(run: Commands): Promise<void> {
  for (const { id, recipients } of await queueEntries(run)) {
    if (recipients.every(({ address }) => address.endsWith(`@${DOMAIN}`)))
      await run('postsuper', '-d', id).catch(() => '')
  }
}

function makeMessage(recipient: string, host: string): string {
  const lines = [
    `From: PostfixCandy <postmaster@${host}>`,
    `To: ${recipient}`,
    'Subject: candy is being set up',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${recipient}>`,
    '',
    'This message proves that mail comes through candy before mail is given to it.',
    '.',
    'Nobody receives it.',
    '',
  ]
  return lines.join('\r\n')
}

function bodyOf(content: string): string {
  return content.slice(content.indexOf('\r\n\r\n') + 4)
}

async function submit(path: string, recipient: string, content: string): Promise<void> {
  const client = await connect(path)
  try {
    const commands = ['EHLO candy', 'MAIL FROM:<>', `RCPT TO:<${recipient}>`, 'DATA']
    for (const line of commands) {
      const reply = await client.command(line)
      if (reply.code >= 400)
        throw new PostfixError(`Postfix answers ${printReply(reply)} to ${line} of the test message`)
    }
    const end = await client.data(bytesOf(content))
    const reply = await end()
    if (reply.code !== 250) throw new PostfixError(`Postfix answers ${printReply(reply)} to the test message`)
  } finally {
    client.close()
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text, 'latin1')
}

/**
 * Connects and waits for the greeting. It tries again for a while, because master(8) opens the socket some time after the reload.
 */
async function connect(path: string): Promise<SmtpClient> {
  for (const end = Date.now() + RELOAD_TIMEOUT; ; ) {
    const client = SmtpClient.connect({ path }, { signal: AbortSignal.timeout(RELOAD_TIMEOUT) })
    try {
      const greeting = await client.reply()
      if (greeting.code === 220) return client
      throw new PostfixError(`Postfix greets the test message with ${printReply(greeting)}`)
    } catch (error) {
      client.close()
      if (Date.now() > end)
        throw new PostfixError(`${path} does not answer after "postfix reload": ${errorText(error)}`)
      await sleep(200)
    }
  }
}

/** Throws PostfixError when the message is deferred, lost, or late. */
async function waitForArrival(run: Commands, recipient: string, arrived: () => boolean): Promise<void> {
  const end = Date.now() + ARRIVAL_TIMEOUT
  let seen = Date.now()
  while (!arrived()) {
    const entries = (await queueEntries(run)).flatMap((entry) => entry.recipients)
    const waiting = entries.filter(({ address }) => address === recipient)
    const reason = waiting.find((entry) => entry.reason !== undefined)?.reason
    if (reason !== undefined)
      throw new PostfixError(`a test message does not come through: ${reason}; the mail log may say more`)
    if (waiting.length > 0) seen = Date.now()
    if (Date.now() - seen > LOST_AFTER && !arrived()) {
      throw new PostfixError(
        'a test message went to candy and does not come back: look at "candy list" for a filter that keeps or discards it, and at the mail log',
      )
    }
    if (Date.now() > end)
      throw new PostfixError(`a test message does not come through within ${ARRIVAL_TIMEOUT / 1000} seconds`)
    await sleep(200)
  }
}
