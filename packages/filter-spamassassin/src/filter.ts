/**
 * The filter: asks SpamAssassin's daemon for a score and compares it with the operator's thresholds.
 *
 * The message itself is never changed; spam that may go on gets header fields. Whatever goes wrong between us and spamd
 * is thrown, never guessed: the operator's `on_error` decides about a message without a score.
 */
import {
  accept,
  type Bytes,
  type Context,
  concat,
  defineFilter,
  type Filter,
  type FilterPackage,
  fromString,
  type HeaderEdit,
  type Judgement,
  type Message,
  quarantine,
  reject,
  unscannable,
} from '@candy/sdk'
import { Failover } from '@candy/sdk/failover'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { isLimit, withCode } from './error.js'
import { type Options, options } from './options.js'
import { scoreEdits } from './score-header.js'
import { type Score, scan } from './spamd/command.js'
import type { Body } from './spamd/request.js'
import { tagSubject } from './subject.js'

/** RFC 3463 section 3.8: delivery not authorized, message refused. */
const REFUSED = [7, 1] as const

const UNFINISHED = 'this message takes too long to be judged by SpamAssassin'

/** Whatever the sender wrote in these fields goes, as with SpamAssassin itself. The Subject is everybody's. */
export const filter: FilterPackage = defineFilter({
  api: 1,
  name: 'spamassassin',
  fields: ['X-Spam-*'],
  sharedFields: ['Subject'],
  options,
  create: (settings): Filter => {
    const servers = new Failover(settings)
    return {
      judge: (message, context) => judge(settings, servers, message, context),
      // Most processes never check, and in pipe mode a process starts for each message.
      check: async (context) => (await import('./check.js')).checkHealth(settings, context),
    }
  },
})

async function judge(settings: Options, servers: Failover, message: Message, context: Context): Promise<Judgement> {
  const scanned = Math.min(message.size, settings.scan_limit)
  let result: Score
  try {
    result = await ask(settings, servers, message, scanned, context)
  } catch (error) {
    if (!isLimit(error)) throw error
    // The message takes longer than spamd allows, today as tomorrow: whoever sent it may have wanted that.
    context.log('unscannable', { reason: error.message })
    return unscannable(UNFINISHED, REFUSED)
  }
  const spam = settings.tag === 'required_score' ? result.spam : result.score >= settings.tag
  const required = settings.tag === 'required_score' ? result.required : settings.tag
  const edits: HeaderEdit[] = [...scoreEdits({ ...result, spam, required, scanned, size: message.size })]
  if (spam && settings.subject_tag !== '') edits.push(...tagSubject(await message.headers(), settings.subject_tag))
  // Mail that is not even spam is never refused: with required_score, a user's own threshold may be the higher one.
  if (spam && reaches(result.score, settings.reject)) return reject(refusal(result), REFUSED, edits)
  if (spam && reaches(result.score, settings.quarantine)) return quarantine(refusal(result), REFUSED, edits)
  // A score of less than spam, made of the rules that there was time for, means nothing.
  if (!spam && result.interrupted) return unscannable(UNFINISHED, REFUSED, edits)
  return accept(edits)
}

async function ask(
  { user }: Options,
  servers: Failover,
  message: Message,
  scanned: number,
  context: Context,
): Promise<Score> {
  const { signal } = context
  const body = withReturnPath(message, scanned)
  const scanAt = async (address: ServiceAddress): Promise<Score> => {
    const result = await withCode(scan(address, body, { signal, ...(user === '' ? {} : { user }) }))
    context.log('scored', {
      score: result.score,
      required: result.required,
      tests: result.tests.join(','),
      scanned,
      address: printAddress(address),
    })
    return result
  }
  return await servers.ask(scanAt, {
    signal,
    passedOver: ({ error }) => context.warn('passed over', { reason: (error as Error).message }),
  })
}

/**
 * The message's first bytes below a Return-Path field (RFC 5321 section 4.4), as SpamAssassin gets them behind a delivery
 * agent: its SPF and DMARC rules and its welcome lists have the envelope's sender from nowhere else.
 */
function withReturnPath(message: Message, scanned: number): Body {
  const { sender } = message.envelope
  const field = /[\p{Cc}<>]/u.test(sender) ? '' : `Return-Path: <${sender}>\r\n`
  const open = (): Bytes => concat(fromString(field), message.open())
  return { length: Buffer.byteLength(field) + scanned, open }
}

function reaches(score: number, threshold: number | false): boolean {
  return threshold !== false && score >= threshold
}

/** What the client hears: the score, and not which rules to avoid. */
function refusal(result: Score): string {
  return `this message looks like spam (score ${result.score.toFixed(1)})`
}
