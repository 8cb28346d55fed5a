/** One filter, one message, one deadline. Whatever the filter does, a result comes out, and soon after the deadline. */
import type { Context, Envelope, LogFields, Message, Verdict } from '@candy/sdk'
import { CandyError, verdictFault } from '@candy/sdk'
import type { Log } from '../log/log.js'
import type { Content } from '../message/content.js'
import { canonical } from '../message/line-ends.js'
import { reading } from '../message/reading.js'
import { receive, type Spool, type SpoolOptions } from '../message/spool.js'
import { Deadline, unlessAborted } from './deadline.js'
import type { OnReject } from './policy.js'
import type { ReadyFilter } from './ready.js'

/** The message as the chain was given it. */
export interface Subject {
  readonly id: string
  readonly envelope: Envelope
  readonly content: Content
}

export type Judged =
  /** `spool` holds the verdict's new content, where it has any; whoever takes it closes it. */
  { readonly verdict: Verdict; readonly spool?: Spool } | { readonly error: unknown } | { readonly skipped: true }

export interface Court {
  readonly spool: SpoolOptions
  readonly log: Log
  /** What becomes of rejected mail where the policy leaves it to the place; quarantine unless said. */
  readonly onReject?: OnReject
}

/**
 * Asks the filter, and spools its new content. Throws nothing: what it throws, a missed deadline and nonsense are an
 * `error`. A filter that ignores its signal is left behind; what it says later is not heard.
 */
export async function judge(ready: ReadyFilter, subject: Subject, court: Court, whole: Deadline): Promise<Judged> {
  const { maxSize, timeout } = ready.policy
  if (maxSize !== undefined && subject.content.size > maxSize) return { skipped: true }
  const deadline = new Deadline(whole, timeout)
  try {
    deadline.throwIfAborted()
    const context = lend(ready, subject, court.log, deadline)
    const answer = Promise.resolve(ready.filter.judge(view(subject), context))
    const verdict = await unlessAborted(answer, deadline)
    const fault = verdictFault(verdict, ready)
    if (fault !== undefined) throw new CandyError('VERDICT', fault)
    if (!('content' in verdict) || verdict.content === undefined) return { verdict }
    return { verdict, spool: await spoolContent(verdict.content, court.spool, deadline.signal) }
  } catch (error) {
    return { error }
  } finally {
    deadline.end()
  }
}

async function spoolContent(content: () => unknown, options: SpoolOptions, signal: AbortSignal): Promise<Spool> {
  const bytes = content()
  if (typeof bytes !== 'object' || bytes === null || !(Symbol.asyncIterator in bytes)) {
    throw new CandyError('CONTENT', 'content() must give an AsyncIterable of Uint8Array')
  }
  const spool = await receive(canonical(reading(bytes as AsyncIterable<Uint8Array>, signal)), options)
  if (spool.size > 0) return spool
  await spool.close()
  throw new CandyError('CONTENT', 'the new content is empty')
}

/** The message as a filter sees it: frozen, and made for this filter alone. */
function view({ id, envelope, content }: Subject): Message {
  return Object.freeze({
    id,
    envelope,
    size: content.size,
    open: () => content.open(),
    headers: async () => new Uint8Array(await content.headers()),
  })
}

function lend(ready: ReadyFilter, subject: Subject, log: Log, deadline: Deadline): Context {
  const named = (fields: LogFields = {}): LogFields => ({ id: subject.id, filter: ready.name, ...fields })
  return Object.freeze({
    get signal() {
      return deadline.signal
    },
    get remaining() {
      return deadline.remaining
    },
    log: (event: string, fields?: LogFields) => log.write('info', event, named(fields)),
    warn: (event: string, fields?: LogFields) => log.write('warn', event, named(fields)),
  })
}
