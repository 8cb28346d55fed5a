/**
 * The message that tells a postmaster what is new in the quarantine (RFC 5322, RFC 3834). All that strangers wrote stands in it as
 * printable ASCII on a line of its own.
 */
import { printable } from '@candy/sdk'
import { counted } from '../log/counting.js'
import { type Entry, readEntries } from './entry.js'
import { timeOf } from './name.js'

/** Messages that are listed; of the others it has the number. */
const LISTED = 50

/** Characters of what strangers wrote. */
const TEXT_LIMIT = 120

export interface Digest {
  /** How many messages are new. */
  readonly count: number
  /** The text, with CRLF line ends. */
  readonly text: string
}

export interface DigestOptions {
  /** Milliseconds since 1970: what came after `from`, up to `until`. */
  readonly from: number
  readonly until: number
  /** Who gets it. */
  readonly recipient: string
  /** This host's name. */
  readonly host: string
  /** The start of a command line: `candy quarantine`. */
  readonly command: string
  /** Milliseconds for which messages are kept. */
  readonly keep: number | 'forever'
}

/** Undefined where nothing is new. */
export async function makeDigest(
  directory: string,
  names: readonly string[],
  { from, until, recipient, host, command, keep }: DigestOptions,
): Promise<Digest | undefined> {
  const isNew = (name: string): boolean => (timeOf(name) ?? 0) > from && (timeOf(name) ?? until + 1) <= until
  const fresh = names.filter(isNew)
  const entries: Entry[] = []
  for await (const entry of readEntries(directory, fresh.slice(-LISTED))) entries.push(entry)
  const count = fresh.length
  if (count === 0 || entries.length === 0) return undefined
  const what = counted(count, 'new message')
  const days =
    keep === 'forever' ? 'until they are deleted' : `for ${counted(Math.max(1, Math.floor(keep / 86_400_000)), 'day')}`
  const more = count - entries.length
  const lines = [
    ...header({ what, recipient, host }),
    '',
    `${what} in the quarantine of ${host}; nobody else has been told.`,
    '',
    ...entries.flatMap(linesOf),
    ...(more > 0 ? [`and ${counted(more, 'older one')}: ${command} list --newer-than 2d`, ''] : []),
    `To look at one:  ${command} show NAME`,
    `To deliver it:   ${command} release NAME`,
    `To delete it:    ${command} delete NAME`,
    '',
    `Messages are kept ${days}.`,
  ]
  return { count, text: lines.map((line) => `${line}\r\n`).join('') }
}

function header({
  what,
  recipient,
  host,
}: {
  readonly what: string
  readonly recipient: string
  readonly host: string
}): readonly string[] {
  return [
    `From: candy <MAILER-DAEMON@${host}>`,
    `To: <${recipient}>`,
    `Subject: Quarantine of ${host}: ${what}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${crypto.randomUUID()}@${host}>`,
    'Auto-Submitted: auto-generated',
    'Precedence: bulk',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
  ]
}

function linesOf(entry: Entry): readonly string[] {
  const { name, state, size } = entry
  const head = `${safe(name)}  ${size} bytes${state === 'held' ? '' : `, ${state}`}`
  if (entry.state === 'damaged') return [head, `  damage   ${safe(entry.damage)}`, '']
  const { envelope, reason, header: fields } = entry.record
  const [first = '', ...others] = envelope.recipients
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return [
    head,
    `  sender   <${safe(envelope.sender)}>`,
    `  to       <${safe(first)}>${more}`,
    `  subject  ${safe(fields.subject ?? '')}`.trimEnd(),
    `  reason   ${safe(`${reason.filter}: ${reason.text}`)}`,
    '',
  ]
}

function safe(text: string): string {
  const line = printable(text)
  return line.length > TEXT_LIMIT ? `${line.slice(0, TEXT_LIMIT - 3)}...` : line
}
