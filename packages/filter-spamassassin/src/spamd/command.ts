/**
 * What we ask a spamd (spamd/PROTOCOL in SpamAssassin's source). SYMBOLS is the one command that gives score, threshold
 * and the names of all rules at once, whatever headers the site has configured; HEADERS is used only to learn
 * SpamAssassin's version, which nothing else tells.
 */
import type { ServiceAddress } from '@candy/sdk/values'
import { exchange } from './exchange.js'
import { nonsense, type Reply } from './reply.js'
import type { Body } from './request.js'

/** What SpamAssassin thinks of a message. */
export interface Score {
  /** Whether spamd itself calls it spam. */
  readonly spam: boolean
  readonly score: number
  /** SpamAssassin's `required_score`, for the user asked for. */
  readonly required: number
  /** Names of the rules that matched, as spamd orders them; of very many the first. */
  readonly tests: readonly string[]
  /** Whether SpamAssassin ran out of time (`time_limit`, Mail::SpamAssassin::Conf) before it had tried all rules. */
  readonly interrupted: boolean
}

export interface CommandOptions {
  /** Whose preferences and database count; spamd's default when absent. */
  readonly user?: string
  readonly signal: AbortSignal
}

/** The most rule names that a score has. Messages match some dozens. */
const MAX_TESTS = 200

/** What there is to learn about a message; `forget` undoes either. */
export type Lesson = 'spam' | 'ham' | 'forget'

/** The protocol version that spamd speaks. PING asks for no scan: it says that spamd is there, not that it works. */
export function ping(address: ServiceAddress, { signal }: CommandOptions): Promise<string> {
  return exchange(address, { command: 'PING' }, { end: 'status', parse: (reply) => reply.version }, signal)
}

/** Has the bytes scanned. */
export function scan(address: ServiceAddress, body: Body, { user, signal }: CommandOptions): Promise<Score> {
  const request = { command: 'SYMBOLS', headers: userHeader(user), body } as const
  return exchange(address, request, { end: 'body', parse: parseScore }, signal)
}

/** Has the bytes scanned and tells SpamAssassin's version, unless the site keeps it out of its headers. */
export function version(
  address: ServiceAddress,
  body: Body,
  { user, signal }: CommandOptions,
): Promise<string | undefined> {
  const request = { command: 'HEADERS', headers: userHeader(user), body } as const
  return exchange(address, request, { end: 'body', parse: parseVersion }, signal)
}

/**
 * Teaches spamd's Bayes database; true when it learned something new. Throws `unreachable` unless spamd was started with
 * --allow-tell.
 */
export function tell(
  address: ServiceAddress,
  lesson: Lesson,
  body: Body,
  { user, signal }: CommandOptions,
): Promise<boolean> {
  const task = lesson === 'forget' ? { Remove: 'local' } : { 'Message-class': lesson, Set: 'local' }
  const done = lesson === 'forget' ? 'didremove' : 'didset'
  const request = { command: 'TELL', headers: { ...userHeader(user), ...task }, body } as const
  return exchange(address, request, { end: 'headers', parse: (reply) => reply.headers.has(done) }, signal)
}

function userHeader(user: string | undefined): Record<string, string> {
  return user === undefined ? {} : { User: user }
}

/** Score and rule names of a SYMBOLS reply. Throws `protocol` where there is no score. */
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
 * Mail::SpamAssassin::Conf::Parser allows letters, digits and underscores, 128 of them (RULENAME_RE), but a plugin may report
 * a hit by any name: that is no reason to keep mail back, so what is no such letter becomes a question mark.
 */
function printRuleName(name: string): string {
  return name.trim().replace(/\W/g, '?').slice(0, 128) || '?'
}

function parseVersion(reply: Reply): string | undefined {
  parseSpamHeader(reply)
  return /^X-Spam-Checker-Version: SpamAssassin ([\w.-]{1,40})/im.exec(text(reply.body))?.[1]
}

/** What spamd rounds a score and a threshold to, one decimal, lets them come closer than they are. */
const ROUNDING = 0.1

/** `Spam: True ; 15.1 / 5.0`. Both numbers may be negative. A word that the numbers contradict is no answer. */
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
