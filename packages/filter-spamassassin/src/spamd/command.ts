/**
 * The commands that are sent to a spamd (spamd/PROTOCOL in SpamAssassin's source). A message is scanned with SYMBOLS: no other
 * command returns score, threshold and the names of all rules that matched, whatever header fields spamd's administrator has
 * configured. HEADERS is used only by the health check: no other command returns SpamAssassin's version.
 */
import type { ServiceAddress } from '@candy/sdk/values'
import { sendRequest } from './exchange.js'
import { nonsense, type Reply } from './reply.js'
import type { Body } from './request.js'

/** The result of a scan. */
export interface Score {
  /** Whether spamd calls the message spam. */
  readonly spam: boolean
  readonly score: number
  /** The `required_score` that SpamAssassin has for this user. */
  readonly required: number
  /** Names of the rules that matched, in spamd's order; at most MAX_TESTS. */
  readonly tests: readonly string[]
  /** Whether SpamAssassin ran out of time (`time_limit`, Mail::SpamAssassin::Conf) before it had tried all rules. */
  readonly interrupted: boolean
}

export interface CommandOptions {
  /** The user whose preferences and Bayes database spamd uses; when absent, spamd's default. */
  readonly user?: string
  readonly signal: AbortSignal
}

/** The most rule names that are kept: a message matches some dozens. */
const MAX_TESTS = 200

/** Returns spamd's protocol version. spamd scans nothing for PING: a reply shows that it runs, not that it can scan. */
export function ping(address: ServiceAddress, { signal }: CommandOptions): Promise<string> {
  return sendRequest(address, { command: 'PING' }, { end: 'status', parse: (reply) => reply.version }, signal)
}

/** Has spamd scan the message. */
export function scan(address: ServiceAddress, body: Body, { user, signal }: CommandOptions): Promise<Score> {
  const request = { command: 'SYMBOLS', headers: userHeader(user), body } as const
  return sendRequest(address, request, { end: 'body', parse: parseScore }, signal)
}

/** Has spamd scan the message, and returns SpamAssassin's version; undefined when spamd is configured not to add that field. */
export function version(
  address: ServiceAddress,
  body: Body,
  { user, signal }: CommandOptions,
): Promise<string | undefined> {
  const request = { command: 'HEADERS', headers: userHeader(user), body } as const
  return sendRequest(address, request, { end: 'body', parse: parseVersion }, signal)
}

/**
 * Has spamd's Bayes database learn or forget the message. Returns whether that changed the database. Throws `UNREACHABLE` when
 * spamd was started without --allow-tell.
 */
export function tell(
  address: ServiceAddress,
  lesson: 'spam' | 'ham' | 'forget',
  body: Body,
  { user, signal }: CommandOptions,
): Promise<boolean> {
  const task = lesson === 'forget' ? { Remove: 'local' } : { 'Message-class': lesson, Set: 'local' }
  const doneHeader = lesson === 'forget' ? 'didremove' : 'didset'
  const request = { command: 'TELL', headers: { ...userHeader(user), ...task }, body } as const
  return sendRequest(address, request, { end: 'headers', parse: (reply) => reply.headers.has(doneHeader) }, signal)
}

function userHeader(user: string | undefined): Record<string, string> {
  return user === undefined ? {} : { User: user }
}

/** Score and rule names of a SYMBOLS reply. Throws `PROTOCOL` when the reply has no score. */
export function parseScore(reply: Reply): Score {
  // Old versions end the list with CRLF, newer ones do not (spamd/PROTOCOL, SYMBOLS).
  const list = text(reply.body).replace(/(?:\r?\n){1,2}$/, '')
  const names = list === '' ? [] : list.split(',')
  return {
    ...parseSpamHeader(reply),
    tests: names.slice(0, MAX_TESTS).map(printRuleName),
    interrupted: names.includes('TIME_LIMIT_EXCEEDED'),
  }
}

/**
 * A rule name that can stand in a header field. Mail::SpamAssassin::Conf::Parser allows up to 128 letters, digits and
 * underscores (RULENAME_RE), but a plugin may report a hit under any name. The message can be delivered all the same, so any
 * other character becomes a question mark.
 */
function printRuleName(name: string): string {
  return name.trim().replace(/\W/g, '?').slice(0, 128) || '?'
}

function parseVersion(reply: Reply): string | undefined {
  parseSpamHeader(reply)
  return /^X-Spam-Checker-Version: SpamAssassin ([\w.-]{1,40})/im.exec(text(reply.body))?.[1]
}

/** spamd rounds score and threshold to one decimal, so their printed difference can be wrong by this much. */
const ROUNDING = 0.1

/** Reads `Spam: True ; 15.1 / 5.0`. Both numbers may be negative. Throws when the numbers contradict True or False. */
function parseSpamHeader(reply: Reply): Pick<Score, 'spam' | 'score' | 'required'> {
  const header = reply.headers.get('spam') ?? ''
  const number = '(-?\\d{1,9}(?:\\.\\d{1,9})?)'
  const match = new RegExp(`^(True|Yes|False|No) ?; ?${number} ?/ ?${number}$`, 'i').exec(header)
  if (match === null) throw nonsense('score', header)
  const [, answer = ''] = match
  const [score, required] = [Number(match[2]), Number(match[3])]
  const spam = /^(?:true|yes)$/i.test(answer)
  const excess = score - required
  if (spam ? excess < -ROUNDING : excess > ROUNDING) throw nonsense('score', header)
  return { spam, score, required }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
