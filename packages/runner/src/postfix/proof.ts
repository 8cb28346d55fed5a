/**
 * The proof that mail comes through candy, before any mail depends on it: one message takes the whole way, in at an
 * smtpd(8) of its own that is attached as the others will be, through Postfix's queue and candy, back into Postfix, and
 * out to this process. Nobody else's mail is touched, and nothing is looked up or sent outside.
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

/** Milliseconds: for Postfix to take up its new configuration, and for the message to arrive. */
const START = 30_000
const ARRIVAL = 90_000
/** Milliseconds after which a message that is in no queue is not on its way any more. */
const LOST = 8_000

/** Sends the message and waits for it. Throws PostfixError with what Postfix says of a message that does not come through. */
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

/** Takes messages of a proof that failed out of the queue. */
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
    const taken = await end()
    if (taken.code !== 250) throw new PostfixError(`Postfix answers ${printReply(taken)} to the test message`)
  } finally {
    client.close()
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text, 'latin1')
}

/** master(8) opens the socket some time after the reload was asked for. */
async function connect(path: string): Promise<SmtpClient> {
  for (const end = Date.now() + START; ; ) {
    const client = SmtpClient.connect({ path }, { signal: AbortSignal.timeout(START) })
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

async function waitForArrival(run: Commands, recipient: string, arrived: () => boolean): Promise<void> {
  const end = Date.now() + ARRIVAL
  let seen = Date.now()
  while (!arrived()) {
    const entries = (await queueEntries(run)).flatMap((entry) => entry.recipients)
    const mine = entries.filter(({ address }) => address === recipient)
    const reason = mine.find((entry) => entry.reason !== undefined)?.reason
    if (reason !== undefined)
      throw new PostfixError(`a test message does not come through: ${reason}; the mail log may say more`)
    if (mine.length > 0) seen = Date.now()
    if (Date.now() - seen > LOST && !arrived()) {
      throw new PostfixError(
        'a test message went to candy and does not come back: look at "candy list" for a filter that keeps or discards it, and at the mail log',
      )
    }
    if (Date.now() > end)
      throw new PostfixError(`a test message does not come through within ${ARRIVAL / 1000} seconds`)
    await sleep(200)
  }
}
