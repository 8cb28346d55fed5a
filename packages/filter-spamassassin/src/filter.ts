/**
 * The filter: asks spamd, SpamAssassin's daemon, for a score and compares it with the operator's thresholds.
 *
 * It only adds header fields; it never replaces the message. When spamd gives no score, the filter throws, and the operator's
 * `on_error` decides what becomes of the message.
 */
import {
  accept,
  type Context,
  defineFilter,
  type Filter,
  type FilterPackage,
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
import { bodyOf } from './spamd-body.js'
import { tagSubject } from './subject.js'

/** RFC 3463 section 3.8: delivery not authorized, message refused. */
const REFUSED = [7, 1] as const

const UNFINISHED = 'this message takes too long to be judged by SpamAssassin'

/** The runner removes the sender's fields of `fields`, as SpamAssassin itself does. Other filters may change the Subject, too. */
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
      // Most processes never check or learn, and in pipe mode a process starts for each message.
      check: async (context) => (await import('./check.js')).checkHealth(settings, context),
      learn: async (message, lesson, context) => (await import('./learn.js')).learn(settings, message, lesson, context),
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
    // The message takes spamd longer than it allows, and would again at each retry. A sender can cause that.
    context.log('unscannable', { reason: error.message })
    return unscannable(UNFINISHED, REFUSED)
  }
  const spam = settings.tag === 'required_score' ? result.spam : result.score >= settings.tag
  const required = settings.tag === 'required_score' ? result.required : settings.tag
  const edits: HeaderEdit[] = [...scoreEdits({ ...result, spam, required, scanned, size: message.size })]
  if (spam && settings.subject_tag !== '') edits.push(...tagSubject(await message.headers(), settings.subject_tag))
  // Mail below the spam threshold is never rejected: with required_score, a user's threshold may be higher than `reject`.
  if (spam && reaches(result.score, settings.reject)) return reject(refusal(result), REFUSED, edits)
  if (spam && reaches(result.score, settings.quarantine)) return quarantine(refusal(result), REFUSED, edits)
  // spamd had no time for all rules: the others could have raised the score to that of spam.
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
  const body = bodyOf(message, scanned)
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

function reaches(score: number, threshold: number | false): boolean {
  return threshold !== false && score >= threshold
}

/** The text of the reply to the client. It has the score, but no rule names, which would show spammers what to avoid. */
function refusal(result: Score): string {
  return `this message looks like spam (score ${result.score.toFixed(1)})`
}
