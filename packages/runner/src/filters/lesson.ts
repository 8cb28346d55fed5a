/** Has filters learn what a person says of a message. It runs code of the filters. */
import type { Lesson } from '@candy/sdk'
import type { ConfiguredFilter } from '../chain/configured-filter.js'
import { Deadline, unlessAborted } from '../chain/deadline.js'
import { viewMessage } from '../chain/message-view.js'
import { envelopeFor, groupRecipients } from '../chain/recipient-group.js'
import { reason } from '../config/problem.js'
import { filterLog } from '../log/filter-log.js'
import type { Log } from '../log/log.js'
import type { MailObject } from '../message/mail-object.js'

/** Milliseconds for which `learn()` of a filter may run. */
const LEARN_TIMEOUT = 60_000

/** What came of a lesson with one filter. */
export type LessonResult = { readonly name: string } & (
  | { /** Whether the filter knows more, or less, than before. */ readonly changed: boolean }
  | { readonly error: string }
)

/**
 * Gives the lesson to every filter that can learn, once for each of its sets of options that hold for a recipient of the message: one
 * that judges nobody's mail among them learns nothing. Returns one result for each lesson given; empty when no filter can learn. Never throws.
 */
export async function teach(
  filters: readonly ConfiguredFilter[],
  mail: MailObject,
  lesson: Lesson,
  log: Log,
): Promise<readonly LessonResult[]> {
  const taught = new Set<unknown>()
  const results: Promise<LessonResult>[] = []
  for (const { positions, filters: selected } of groupRecipients(filters, mail.envelope.recipients)) {
    for (const configured of selected) {
      if (configured.filter.learn === undefined || taught.has(configured.filter)) continue
      taught.add(configured.filter)
      const envelope = envelopeFor(mail.envelope, positions)
      results.push(teachOne(configured, { ...mail, envelope }, lesson, log))
    }
  }
  return Promise.all(results)
}

async function teachOne(
  { name, filter }: ConfiguredFilter,
  mail: MailObject,
  lesson: Lesson,
  log: Log,
): Promise<LessonResult> {
  const deadline = new Deadline(undefined, LEARN_TIMEOUT)
  const view = viewMessage(mail)
  const context = {
    signal: deadline.signal,
    get remaining() {
      return deadline.remaining
    },
    ...filterLog(log, { id: mail.id, filter: name }),
  }
  try {
    const learning = Promise.resolve(filter.learn?.(view.message, lesson, context))
    return { name, changed: (await unlessAborted(learning, deadline)) === true }
  } catch (error) {
    return { name, error: reason(error) }
  } finally {
    view.close()
    deadline.end()
  }
}
