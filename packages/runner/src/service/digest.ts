/** Tells a postmaster once a day what is new in the quarantine, where `quarantine.notify` names one. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Settings } from '../config/settings.js'
import { sendOwnMail } from '../delivery/digest-delivery.js'
import { findReinjection } from '../delivery/reinjection-address.js'
import type { Log } from '../log/log.js'
import { commandsOf } from '../postfix/commands.js'
import { makeDigest } from '../quarantine/digest.js'
import { readNames } from '../quarantine/entry.js'
import { readStamp, writeStamp } from './digest-stamp.js'
import { serviceFiles } from './state-directory.js'

/** Milliseconds between two digests at least. */
const DAY = 24 * 60 * 60 * 1000

export interface DigestContext {
  readonly configDirectory: string
  readonly settings: Settings
  readonly log: Pick<Log, 'write'>
}

/** Sends a digest where one is due, unless the signal aborts first. What fails is logged, and tried again the next time. Throws errors of system calls. */
export async function sendDigest(
  { configDirectory, settings, log }: DigestContext,
  signal: AbortSignal,
  now: number = Date.now(),
): Promise<void> {
  const { state, quarantine } = settings
  const { notify, keep } = quarantine
  if (notify === undefined) return
  const { digest: path } = serviceFiles(state)
  const before = readStamp(path)
  // A stamp from the future is one of a clock that was wrong.
  if (before !== undefined && now - before.sent < DAY && before.sent <= now + DAY) return
  const from = before === undefined || before.until > now ? now - DAY : before.until
  // The time in a message's name is that at which it began to be stored: what is stored meanwhile is told the next time.
  const until = now - Math.max(settings.smtp.deadline, settings.pipe.deadline)
  const directory = join(state, 'quarantine')
  const host = await hostOf(configDirectory)
  const command = configDirectory === '/etc/postfix' ? 'candy quarantine' : `candy -c ${configDirectory} quarantine`
  const options = { from, until, recipient: notify, host, command, keep }
  const digest = await makeDigest(directory, await readNames(directory), options)
  if (digest === undefined) return
  const nextHop = await findReinjection(configDirectory, settings)
  writeStamp(path, { sent: now, until: from })
  const { result, text } = await sendOwnMail(notify, digest.text, { nextHop, log, signal })
  const fields = { to: notify, messages: digest.count, answer: text }
  if (result === 'taken') {
    writeStamp(path, { sent: now, until })
    log.write('info', 'digest of the quarantine sent', fields)
  } else if (result === 'unknown') {
    log.write('warn', 'digest of the quarantine may have been sent; the next one tells the same again', fields)
  } else {
    // As if none had been sent.
    writeStamp(path, before ?? { sent: 0, until: from })
    log.write('warn', 'digest of the quarantine not sent; it is tried again in an hour', fields)
  }
}

/** What Postfix calls this host; letters, digits, dots and hyphens alone, since it stands in a header. */
async function hostOf(configDirectory: string): Promise<string> {
  const name = await commandsOf(configDirectory)('postconf', '-x', '-h', 'myhostname').catch(() => hostname())
  return name.trim().replace(/[^A-Za-z0-9.-]/g, '') || 'localhost'
}
