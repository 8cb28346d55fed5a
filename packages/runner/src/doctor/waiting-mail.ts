/** The messages in Postfix's queue, with the filter that each queue file names. Read once, and only so many. */
import type { Commands } from '../postfix/commands.js'
import { contentFilters, type QueueEntry, queueEntries } from '../postfix/queue.js'

/** The largest number of messages whose queue files are read. */
const LIMIT = 1_000

export interface WaitingMail {
  readonly entries: readonly QueueEntry[]
  /** The content_filter of messages, by queue ID. */
  readonly filters: ReadonlyMap<string, string>
  /** How many messages there are beside those whose queue file was read. */
  readonly unread: number
}

export async function readWaitingMail(run: Commands): Promise<WaitingMail> {
  const entries = await queueEntries(run)
  const filters = await contentFilters(run, entries.slice(0, LIMIT))
  return { entries, filters, unread: Math.max(0, entries.length - LIMIT) }
}
