/** One message as it is shown: its envelope, its ids, what happened to it and what has become of it. */

import type { Refusal } from './candidates.js'
import { namesIn } from './candidates.js'
import { type CandyRecord, type Collection, judgementsIn } from './collection.js'
import { isHandOver, mayBeCandys, ownIdIn, quarantinedAs, queuedAs } from './hand-over.js'
import { isAbout, type Lineage, lineagesOf } from './lineage.js'
import { bare, isNamed, type Query } from './query.js'
import { isAbandoned, messageIdsOf } from './queue-entry.js'
import { isOwnId } from './queue-id.js'
import { type RecipientOutcome, recipientOutcomesOf } from './recipient-outcome.js'
import { type TimelineEvent, timelineOf } from './timeline.js'
import type { Waiting } from './waiting.js'

export interface TracedMessage {
  /** Postfix's, in the order in which the message had them. */
  readonly queueIds: readonly string[]
  /** candy's, where Postfix has told it none. */
  readonly ownIds: readonly string[]
  /** With its angle brackets; undefined where no line tells it. */
  readonly messageId?: string
  readonly sender?: string
  readonly recipients: readonly RecipientOutcome[]
  /** Names in the quarantine. */
  readonly quarantined: readonly string[]
  /** A filter could not ask its scanner, and says more to `candy list --ask`. */
  readonly askable: boolean
  readonly events: readonly TimelineEvent[]
}

/** The messages of a collection that are asked for, in no order. */
export function messagesIn(collection: Collection, query: Query, waiting: Waiting): readonly TracedMessage[] {
  const { entries, candy, answers } = collection
  const lineages = lineagesOf(collection)
  const messages = lineages.map((lineage) => {
    const own = candy.filter((record) => isAbout(record, lineage, entries))
    const ownIds = new Set([...own.map(({ event }) => event.id), ...ownIdsIn(lineage)].filter(isOwnId))
    // candy's line may name an id of its own which the replies to Postfix have, too.
    const more = candy.filter((record) => !own.includes(record) && ownIds.has(record.event.id))
    const told = answers.filter(({ event }) => isToldOf(event.text, ownIds, lineage))
    return { lineage, candy: [...own, ...more], answers: told, ownIds }
  })
  const used = new Set(messages.flatMap((message) => message.candy))
  const alone = judgedAlone(
    candy.filter((record) => !used.has(record)),
    answers,
  )
  return [...messages, ...alone]
    .map((message) => ({ ...message, waiting: waitingIn(message, waiting) }))
    .filter((message) => message.waiting.length > 0 || isAsked(message, query))
    .map(trace)
}

/** The recipients of a message for whom it is in the queue now. */
function waitingIn({ lineage }: Parts, waiting: Waiting): readonly string[] {
  return lineage
    .filter(({ records }) => !records.some(({ event }) => event.kind === 'removed'))
    .flatMap(({ id }) => waiting.get(id) ?? [])
}

/** A message that was refused and had no queue id. */
export function refusedMessage(refusal: Refusal): TracedMessage {
  const { sender, recipient, text } = refusal.event
  const outcome = /^4/.test(text) ? 'deferred' : 'refused'
  return {
    queueIds: [],
    ownIds: [],
    sender,
    recipients: recipient === undefined ? [] : [{ recipient, outcome, text }],
    quarantined: [],
    askable: false,
    events: timelineOf({ lineage: [], candy: [], answers: [refusal] }),
  }
}

interface Parts {
  readonly lineage: Lineage
  readonly candy: readonly CandyRecord[]
  readonly answers: readonly Refusal[]
  readonly ownIds: ReadonlySet<string>
}

function ownIdsIn(lineage: Lineage): readonly string[] {
  return lineage.flatMap(({ records }) =>
    records.flatMap(({ event }) => (mayBeCandys(event) ? (ownIdIn(event.text) ?? []) : [])),
  )
}

function isToldOf(text: string, ownIds: ReadonlySet<string>, lineage: Lineage): boolean {
  const own = ownIdIn(text)
  const next = queuedAs({ status: 'sent', text })
  return (own !== undefined && ownIds.has(own)) || lineage.some(({ id }) => id === next)
}

/** Messages that candy has stopped before the queue: one for each id. */
function judgedAlone(candy: readonly CandyRecord[], answers: readonly Refusal[]): readonly Parts[] {
  const ids = new Set(candy.filter(({ event }) => event.kind === 'judged').map(({ event }) => event.id))
  return [...ids].map((id) => {
    const ownIds = new Set([id].filter(isOwnId))
    const own = candy.filter(({ event }) => event.id === id)
    return { lineage: [], candy: own, answers: answers.filter(({ event }) => isToldOf(event.text, ownIds, [])), ownIds }
  })
}

function isAsked({ lineage, candy, ownIds }: Parts, query: Query): boolean {
  const { id } = query
  if (id !== undefined) {
    return ownIds.has(id) || lineage.some((entry) => entry.id === id) || candy.some(({ event }) => event.id === id)
  }
  const names = lineage.flatMap(({ records }) => records.flatMap(({ event }) => namesIn(event)))
  const judged = judgementsIn(candy).flatMap(({ messageId, sender, recipients }) => [
    bare(messageId),
    sender,
    ...recipients,
  ])
  return [...names, ...judged].some((name) => isNamed(query, name))
}

function trace({
  lineage,
  candy,
  answers,
  ownIds,
  waiting,
}: Parts & { readonly waiting: readonly string[] }): TracedMessage {
  const judgements = judgementsIn(candy)
  const events = lineage.flatMap(({ records }) => records.map(({ event }) => event))
  const messageId = lineage.flatMap(messageIdsOf)[0] ?? judgements[0]?.messageId
  const sender = events.flatMap((event) => ('sender' in event ? [event.sender] : []))[0] ?? judgements[0]?.sender
  const settled = recipientOutcomesOf(lineage, judgements)
  const queued = waiting
    .filter((recipient) => !settled.some((one) => one.recipient === recipient))
    .map((recipient) => ({ recipient, outcome: 'queued' }) as const)
  const kept = events.flatMap((event) => (isHandOver(event) ? (quarantinedAs(event) ?? []) : []))
  return {
    queueIds: lineage.filter((entry, index) => index === 0 || !isAbandoned(entry)).map(({ id }) => id),
    ownIds: [...ownIds],
    ...(messageId && { messageId }),
    ...(sender !== undefined && { sender }),
    recipients: [...settled, ...queued],
    quarantined: [...new Set([...judgements.flatMap(({ quarantined }) => quarantined ?? []), ...kept])],
    askable: judgements.some(({ askable }) => askable),
    events: timelineOf({ lineage, candy, answers }),
  }
}
