/** One filter, one message, one deadline. Whatever the filter does, a result comes out, and soon after the deadline. */
import type { Context, Envelope, Status, Verdict } from '@candy/sdk'
import { CandyError, unscannable } from '@candy/sdk'
import { filterLog } from '../log/filter-log.js'
import type { Log } from '../log/log.js'
import { bounded } from '../message/bounded.js'
import { CLEANUP_DEFAULTS, type CleanupSettings, cleanedUp } from '../message/cleanup.js'
import type { Content } from '../message/content.js'
import { isBeyondLimits } from '../message/header-block.js'
import { canonical } from '../message/line-ends.js'
import { reading } from '../message/reading.js'
import { receive, type Spool, type SpoolOptions } from '../message/spool.js'
import { Deadline, unlessAborted } from './deadline.js'
import { viewMessage } from './message-view.js'
import type { OnReject } from './policy.js'
import type { ReadyFilter } from './ready-filter.js'
import { copyVerdict } from './verdict-copy.js'

/** The message as the chain was given it. */
export interface Subject {
  readonly id: string
  readonly envelope: Envelope
  readonly content: Content
}

export type FilterResult =
  /** `spool` holds the verdict's new content, where it has any; whoever takes it closes it. */
  { readonly verdict: Verdict; readonly spool?: Spool } | { readonly error: unknown } | { readonly skipped: true }

/** RFC 3463 §3.7: "other or undefined media error". */
const TOO_LARGE: Status = [6, 0]

/** Bytes by which new content may be longer than the message was. */
const ROOM = 64 * 1024 ** 2

export interface JudgeOptions {
  readonly spool: SpoolOptions
  /** What cleanup(8) does to new content; what it does by default unless said. */
  readonly cleanup?: CleanupSettings
  readonly log: Log
  /** What becomes of rejected mail where the policy leaves it to the place; quarantine unless said. */
  readonly onReject?: OnReject
}

/**
 * Asks the filter, and spools its new content. Throws nothing: what it throws, a missed deadline and nonsense are an
 * `error`. A filter that ignores its signal is left behind; what it says later is not heard.
 */
export async function judge(
  ready: ReadyFilter,
  subject: Subject,
  options: JudgeOptions,
  whole: Deadline,
): Promise<FilterResult> {
  const { maxSize, timeout } = ready.policy
  if (maxSize !== undefined && subject.content.size > maxSize) return { skipped: true }
  const deadline = new Deadline(whole, timeout)
  const view = viewMessage(subject)
  try {
    deadline.throwIfAborted()
    const beyond = await headerFault(subject.content)
    if (beyond !== undefined) return { verdict: unscannable(beyond, TOO_LARGE) }
    const context = lend(ready, subject, options.log, deadline)
    const answer = Promise.resolve(ready.filter.judge(view.message, context))
    const verdict = copyVerdict(await unlessAborted(answer, deadline), ready)
    if (!('content' in verdict) || verdict.content === undefined) return { verdict }
    return {
      verdict,
      spool: await spoolContent(verdict.content, subject.content.size + ROOM, options, deadline.signal),
    }
  } catch (error) {
    return { error }
  } finally {
    view.close()
    deadline.end()
  }
}

/** What keeps filters from being asked: reading such a header takes more memory and time than a stranger may have. */
async function headerFault(content: Content): Promise<string | undefined> {
  try {
    await content.headers()
    return undefined
  } catch (error) {
    if (isBeyondLimits(error)) return error.message
    throw error
  }
}

async function spoolContent(
  content: () => unknown,
  most: number,
  { spool: options, cleanup = CLEANUP_DEFAULTS }: JudgeOptions,
  signal: AbortSignal,
): Promise<Spool> {
  const bytes = content()
  if (typeof bytes !== 'object' || bytes === null || !(Symbol.asyncIterator in bytes)) {
    throw new CandyError('CONTENT', 'content() must give an AsyncIterable of Uint8Array')
  }
  // The next filter, and the reader, get what cleanup(8) will make of it.
  const lines = canonical(bounded(reading(bytes as AsyncIterable<Uint8Array>, signal), most))
  const spool = await receive(cleanedUp(lines, cleanup), options)
  if (spool.size > 0) return spool
  await spool.close()
  throw new CandyError('CONTENT', 'the new content is empty')
}

function lend(ready: ReadyFilter, subject: Subject, log: Log, deadline: Deadline): Context {
  return Object.freeze({
    get signal() {
      return deadline.signal
    },
    get remaining() {
      return deadline.remaining
    },
    ...filterLog(log, { id: subject.id, filter: ready.name }),
  })
}
