/**
 * Searches the logs for messages. A first pass finds the ids of a Message-ID or an address; the next one collects all lines about
 * these ids. Another one is made only where an id was learned whose lines had gone by. What is kept is about the messages that
 * are looked for, however long the logs are.
 */
import { Candidates } from './candidates.js'
import { Collection } from './collection.js'
import { ownIdIn } from './hand-over.js'
import { awaitedIn } from './lineage.js'
import type { Query } from './query.js'
import { type Scan, type Searched, type Span, scan } from './scan.js'
import type { LogSource } from './source.js'
import type { SourceProblem } from './sources.js'
import { messagesIn, refusedMessage, type TracedMessage } from './traced-message.js'
import type { Waiting } from './waiting.js'

export interface SearchOptions extends Span {
  readonly query: Query
  /** So many messages are returned, the latest ones. */
  readonly limit: number
  /** What is asked for and in the queue now. */
  readonly waiting?: Waiting
}

export interface Found {
  /** The latest one first. */
  readonly messages: readonly TracedMessage[]
  /** Whether there are older ones. */
  readonly more: boolean
  readonly searched: readonly Searched[]
  readonly problems: readonly SourceProblem[]
}

/** A message has several ids: in the first queue file, in the second one, and candy's own. */
const IDS_OF_A_MESSAGE = 3

/** Passes that collect: the ids of a message are two steps apart at most. */
const PASSES = 4

export async function search(sources: readonly LogSource[], options: SearchOptions): Promise<Found> {
  const { query, limit, waiting = new Map() } = options
  const candidates = new Candidates(query, limit * IDS_OF_A_MESSAGE)
  let last: Scan | undefined
  if (query.id === undefined) last = await scan(sources, options, candidates)
  let collection = new Collection(
    query.id === undefined ? [...new Set([...candidates.ids, ...waiting.keys()])] : [query.id],
  )
  const followed = new Set<string>()
  for (let pass = 1; collection.ids.size > 0 && pass <= PASSES; pass++) {
    last = await scan(sources, options, collection)
    const awaited = awaitedIn(collection)
    const isNew = awaited.some(({ messageId }) => !followed.has(messageId))
    if (pass === PASSES || (!collection.late && !isNew)) break
    for (const { messageId } of awaited) followed.add(messageId)
    collection = new Collection(collection.ids, awaited)
  }
  const messages = messagesIn(collection, query, waiting)
  const known = new Set(messages.flatMap(({ ownIds }) => ownIds))
  const refused = candidates.refusals.filter(({ event }) => !known.has(ownIdIn(event.text) ?? '')).map(refusedMessage)
  const all = [...messages, ...refused].toSorted((a, b) => timeOf(b) - timeOf(a))
  return {
    messages: all.slice(0, limit),
    more: candidates.more || all.length > limit,
    searched: last?.searched ?? [],
    problems: last?.problems ?? [],
  }
}

function timeOf({ events }: TracedMessage): number {
  return events[0]?.time ?? 0
}
