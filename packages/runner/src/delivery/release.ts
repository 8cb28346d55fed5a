/**
 * Releases a message of the quarantine: gives it to Postfix with the commands it came with, past all filters. What is done is written
 * down before it is done, so that a process that is killed at any moment leaves either a message that nobody has or one that says it
 * may have been delivered, and of two that release it at once only one does.
 */
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Log } from '../log/log.js'
import { errorText } from '../os/error-text.js'
import { ownIdentity } from '../os/process-identity.js'
import type { SoundEntry } from '../quarantine/entry.js'
import { appendEvent, type QuarantineEvent, readEvents } from '../quarantine/events.js'
import { openRegular } from '../quarantine/regular-file.js'
import type { PermittedRelease } from '../quarantine/release-plan.js'
import { SmtpClient } from '../smtp/client.js'
import { printReply } from '../smtp/reply.js'
import { isTaken, runTransaction } from './smtp-transaction.js'

export interface ReleaseOptions {
  readonly nextHop: ServiceAddress
  readonly log: Log
}

export type Release =
  /** `warning`: it is released, and that could not be written down. */
  | { readonly released: true; readonly reply: string; readonly warning?: string }
  /** `isDown`: the next hop does not answer, and will not for others either. */
  | { readonly released: false; readonly text: string; readonly isDown?: true }

/** Milliseconds for one message in all. */
const DEADLINE = 300_000

/** How often it is tried to write down what was done, and milliseconds between: somebody may be looking whether to delete the message. */
const ATTEMPTS = 10
const PAUSE = 100

/** `entry` must be as it was when the plan was made. Throws `QUARANTINE` and errors of system calls, and then nothing was sent. */
export async function release(
  entry: SoundEntry,
  plan: PermittedRelease,
  { nextHop, log }: ReleaseOptions,
): Promise<Release> {
  const { name, path, events, record } = entry
  const { recipients } = plan
  const file = await openRegular(join(path, 'message.eml'))
  try {
    const begun = await appendEvent(path, events.length, { event: 'releasing', recipients, by: await ownIdentity() })
    if (!begun) return { released: false, text: 'somebody else is doing something with it at this moment' }
    const { event, isDown } = await send(entry, plan, file, { nextHop, log })
    const warning = await writeDown(path, event)
    const told = 'reply' in event ? { reply: event.reply } : { text: event.text }
    const fields = { name, id: record.id, recipients: recipients.join(', '), ...told }
    log.write(event.event === 'released' ? 'info' : 'warn', LOGGED[event.event], fields)
    if (event.event === 'released')
      return { released: true, reply: event.reply, ...(warning !== undefined && { warning }) }
    const text = event.event === 'failed' ? event.text : `it may have been delivered: ${event.text}`
    return { released: false, text, ...(isDown && { isDown }) }
  } finally {
    await file.close()
  }
}

type Result = Extract<QuarantineEvent, { readonly event: 'released' | 'failed' | 'uncertain' }>

const LOGGED: Readonly<Record<Result['event'], string>> = {
  released: 'quarantined message released',
  failed: 'quarantined message not released',
  uncertain: 'quarantined message may have been released',
}

/** Sends the message. Never throws: whatever fails is the result. */
async function send(
  { path, events, record }: SoundEntry,
  { mail, rcpt }: PermittedRelease,
  file: FileHandle,
  { nextHop, log }: ReleaseOptions,
): Promise<{ readonly event: Result; readonly isDown?: true }> {
  const { id, commands } = record
  let isSending = false
  const beforeEnd = async (): Promise<void> => {
    const isFirst = await appendEvent(path, events.length + 1, { event: 'sending' })
    if (!isFirst) throw new CandyError('QUARANTINE', 'somebody else has begun to release it')
    isSending = true
  }
  const client = SmtpClient.connect(nextHop, { signal: AbortSignal.timeout(DEADLINE) })
  try {
    const lines = { xforward: commands.xforward.map(latin1), mail: latin1(mail), recipients: rcpt.map(latin1) }
    const content = { open: () => file.createReadStream({ start: 0, autoClose: false }) }
    const reply = await runTransaction(client, { id, commands: lines, content, beforeEnd }, log)
    const text = printReply(reply)
    return { event: isTaken(reply) ? { event: 'released', reply: text } : { event: 'failed', text } }
  } catch (error) {
    const text = errorText(error)
    if (isSending) return { event: { event: 'uncertain', text } }
    const { code } = error as { readonly code?: unknown }
    return { event: { event: 'failed', text }, ...((code === 'SMTP' || code === 'NEXT_HOP') && { isDown: true }) }
  } finally {
    client.close()
  }
}

/** Returns why it could not be written down; undefined when it is. */
async function writeDown(path: string, event: Result): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (await appendEvent(path, (await readEvents(path)).length, event)) return undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' || attempt === ATTEMPTS) return errorText(error)
    }
    await sleep(PAUSE)
  }
}

function latin1(line: string): Buffer {
  return Buffer.from(line, 'latin1')
}
