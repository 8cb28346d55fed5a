/** Reads Postfix's mail queue, and finds the messages that were received for candy. */

import type { Commands } from './commands.js'
import { isCandyFilter } from './filter-option.js'

export interface QueueEntry {
  readonly id: string
  /** `active`, `deferred`, `hold`, … */
  readonly queue: string
  /** When it came into the queue. */
  readonly arrival: Date
  readonly recipients: readonly { readonly address: string; readonly reason: string | undefined }[]
}

/** How many queue files one call of postcat(1) reads. */
const BATCH = 100

/** All messages in the queue. `postqueue -j` prints one JSON object on each line (postqueue(1)). */
export async function queueEntries(run: Commands): Promise<readonly QueueEntry[]> {
  const printed = await run('postqueue', '-j')
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const entry = JSON.parse(line) as {
        readonly queue_id: string
        readonly queue_name: string
        readonly arrival_time: number
        readonly recipients: readonly { readonly address: string; readonly delay_reason?: string }[]
      }
      const recipients = entry.recipients.map(({ address, delay_reason: reason }) => ({ address, reason }))
      const arrival = new Date(entry.arrival_time * 1_000)
      return { id: entry.queue_id, queue: entry.queue_name, arrival, recipients }
    })
}

/** The messages whose queue file names candy as content_filter. Postfix wrote that when it received the message. */
export async function messagesForCandy(run: Commands): Promise<readonly QueueEntry[]> {
  const entries = await queueEntries(run)
  const filters = await contentFilters(run, entries)
  return entries.filter(({ id }) => isCandyFilter(filters.get(id) ?? ''))
}

/** The content_filter in the queue file of each of these messages that has one, by queue ID. */
export async function contentFilters(
  run: Commands,
  entries: readonly QueueEntry[],
): Promise<ReadonlyMap<string, string>> {
  // A file in maildrop is not in this form yet.
  const ids = entries.filter(({ queue }) => queue !== 'maildrop').map(({ id }) => id)
  const filters = new Map<string, string>()
  for (let at = 0; at < ids.length; at += BATCH) {
    for (const [id, filter] of await filtersOf(run, ids.slice(at, at + BATCH))) filters.set(id, filter)
  }
  return filters
}

/**
 * The content_filter of queue files by queue ID (postcat(1)). postcat fails if one of the messages has left the queue meanwhile;
 * then each file is read by its own call.
 */
async function filtersOf(run: Commands, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const filters = new Map<string, string>()
  if (ids.length === 0) return filters
  let printed: string
  try {
    printed = await run('postcat', '-qe', ...ids)
  } catch {
    if (ids.length === 1) return filters
    for (const id of ids) for (const [key, value] of await filtersOf(run, [id])) filters.set(key, value)
    return filters
  }
  let id = ''
  for (const line of printed.split('\n')) {
    id = /^\*\*\* ENVELOPE RECORDS (?:.*\/)?(\S+) \*\*\*$/.exec(line)?.[1] ?? id
    const filter = /^content_filter: (.*)$/.exec(line)?.[1]
    if (filter !== undefined && !filters.has(id)) filters.set(id, filter)
  }
  return filters
}
