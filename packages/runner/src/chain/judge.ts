/** Has one filter judge one message by one deadline. Whatever the filter does, there is a result, and soon after the deadline. */
import type { Context, Status, Verdict } from '@candy/sdk'
import { CandyError, unscannable } from '@candy/sdk'
import { filterLog } from '../log/filter-log.js'
import type { Log } from '../log/log.js'
import { bounded } from '../message/bounded.js'
import { CLEANUP_DEFAULTS, type CleanupSettings, cleanedUp } from '../message/cleanup.js'
import type { MessageContent } from '../message/content.js'
import { isBeyondLimits } from '../message/header-block.js'
import { canonical } from '../message/line-ends.js'
import type { MailObject } from '../message/mail-object.js'
import { reading } from '../message/reading.js'
import { receive, type Spool, type SpoolOptions } from '../message/spool.js'
import type { ConfiguredFilter } from './configured-filter.js'
import { Deadline, unlessAborted } from './deadline.js'
import { viewMessage } from './message-view.js'
import type { OnReject } from './policy.js'
import { copyVerdict } from './verdict-copy.js'

export type FilterResult =
  /** `spool` holds the verdict's new content, where it has any; whoever gets the result closes it. */
  { readonly verdict: Verdict; readonly spool?: Spool } | { readonly error: unknown } | { readonly skipped: true }

export interface JudgeOptions {
  readonly spool: SpoolOptions
  /** What cleanup(8) does to new content; its defaults unless given. */
  readonly cleanup?: CleanupSettings
  readonly log: Log
  /** What is done with rejected mail where a filter's policy does not say; quarantine unless given. */
  readonly onReject?: OnReject
}

/** RFC 3463 §3.7: "other or undefined media error". */
const MEDIA_ERROR: Status = [6, 0]

/** Bytes by which new content may be longer than the message. */
const GROWTH_LIMIT = 64 * 1024 ** 2

/**
 * Asks the filter, and spools its new content. Throws nothing: when the filter throws, misses its deadline or returns what is no
 * verdict, the result is an `error`. A filter that ignores its signal is not waited for, and its verdict has no effect then.
 */
export async function judge(
  configured: ConfiguredFilter,
  message: MailObject,
  options: JudgeOptions,
  parent: Deadline,
): Promise<FilterResult> {
  const { maxSize, timeout } = configured.policy
  if (maxSize !== undefined && message.content.size > maxSize) return { skipped: true }
  const deadline = new Deadline(parent, timeout)
  const view = viewMessage(message)
  try {
    deadline.throwIfAborted()
    const problem = await headerProblem(message.content)
    if (problem !== undefined) return { verdict: unscannable(problem, MEDIA_ERROR) }
    const context = contextFor(configured, message, options.log, deadline)
    const answer = Promise.resolve(configured.filter.judge(view.message, context))
    const verdict = copyVerdict(await unlessAborted(answer, deadline), configured)
    if (!('content' in verdict) || verdict.content === undefined) return { verdict }
    const limit = message.content.size + GROWTH_LIMIT
    return { verdict, spool: await spoolNewContent(verdict.content, limit, options, deadline.signal) }
  } catch (error) {
    return { error }
  } finally {
    view.close()
    deadline.end()
  }
}

/** Why filters are not asked about this header: reading it would take more memory and time than one message may have. */
async function headerProblem(content: MessageContent): Promise<string | undefined> {
  try {
    await content.headers()
    return undefined
  } catch (error) {
    if (isBeyondLimits(error)) return error.message
    throw error
  }
}

function contextFor({ name }: ConfiguredFilter, { id }: MailObject, log: Log, deadline: Deadline): Context {
  return Object.freeze({
    get signal() {
      return deadline.signal
    },
    get remaining() {
      return deadline.remaining
    },
    ...filterLog(log, { id, filter: name }),
  })
}

async function spoolNewContent(
  newContent: () => unknown,
  limit: number,
  { spool: spoolOptions, cleanup = CLEANUP_DEFAULTS }: JudgeOptions,
  signal: AbortSignal,
): Promise<Spool> {
  const bytes = newContent()
  if (typeof bytes !== 'object' || bytes === null || !(Symbol.asyncIterator in bytes)) {
    throw new CandyError('CONTENT', 'content() must give an AsyncIterable of Uint8Array')
  }
  // The next filter and the recipients get what cleanup(8) will make of it.
  const lines = canonical(bounded(reading(bytes as AsyncIterable<Uint8Array>, signal), limit))
  const spool = await receive(cleanedUp(lines, cleanup), spoolOptions)
  if (spool.size > 0) return spool
  await spool.close()
  throw new CandyError('CONTENT', 'the new content is empty')
}
