/**
 * What happened to one message, in order. Postfix's lines stay in the order in which they were logged. candy's line about a
 * judgement is written when all is done, and often has another clock: it stands before what Postfix did because of it.
 */

import type { Refusal } from './candidates.js'
import type { Judgement } from './candy-line.js'
import { type CandyRecord, judgementsIn } from './collection.js'
import { queuedAs } from './hand-over.js'
import { isPassedOn, type Lineage } from './lineage.js'
import type { Delivery } from './postfix-line.js'
import { isAbandoned, type QueueEntry, type QueueRecord } from './queue-entry.js'

export interface TimelineEvent {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly queueId?: string
  /** Who logged it: `postfix/candy-in/smtpd`. */
  readonly program: string
  readonly event:
    | 'received'
    | 'queued'
    | 'tried again'
    | 'judged'
    | 'filtered'
    | 'delivered'
    | 'deferred'
    | 'bounced'
    | 'expired'
    | 'accepted'
    | 'refused'
    | 'notified'
    | 'removed'
    | 'note'
  /** Whom a delivery is about. */
  readonly recipients?: readonly string[]
  readonly client?: string
  readonly login?: string
  readonly uid?: number
  readonly size?: number
  readonly relay?: string
  readonly dsn?: string
  /** What candy was to do, what the filters said, and which of them decided. */
  readonly action?: string
  readonly filters?: string
  readonly decidedBy?: string
  readonly quarantined?: string
  /** The queue id of the notification. */
  readonly next?: string
  /** A reply, or the words of the line. */
  readonly text?: string
}

export interface Happenings {
  readonly lineage: Lineage
  readonly candy: readonly CandyRecord[]
  readonly answers: readonly Refusal[]
}

export function timelineOf({ lineage, candy, answers }: Happenings): readonly TimelineEvent[] {
  const judgements = judgementsIn(candy)
  const lines = lineage.flatMap((entry, index) =>
    isAbandoned(entry) && index > 0 ? [] : entry.records.map((record) => ({ record, entry })),
  )
  const timeline = [
    ...lines.map(({ record, entry }) => ({ at: record, events: eventsOf(record, entry, { lineage, judgements }) })),
    ...answers.map((answer) => ({ at: answer, events: [answerEvent(answer)] })),
  ]
    .toSorted(({ at: a }, { at: b }) => second(a.time) - second(b.time) || a.order - b.order)
    .flatMap(({ events }) => events)
  addCandyEvents(timeline, candy)
  return mergeDeliveries(timeline)
}

/** Some logs have no more than seconds. */
function second(time: number): number {
  return Math.floor(time / 1000)
}

interface Known {
  readonly lineage: Lineage
  readonly judgements: readonly Judgement[]
}

function eventsOf(record: QueueRecord, entry: QueueEntry, { lineage, judgements }: Known): readonly TimelineEvent[] {
  const { time, program, event } = record
  const common = { time, queueId: entry.id, program }
  const isFirst = entry === lineage[0]
  switch (event.kind) {
    case 'client':
      // Later on, the client is candy, which has opened a transaction before it has a verdict.
      if (!isFirst) return []
      return [{ ...common, event: 'received', client: event.client, ...(event.login && { login: event.login }) }]
    case 'pickup':
      return isFirst ? [{ ...common, event: 'received', uid: event.uid }] : []
    case 'message-id':
      return []
    case 'active':
      return [{ ...common, event: isFirstOf(record, entry) ? 'queued' : 'tried again', size: event.size }]
    case 'delivery': {
      const { recipient, relay, dsn, text } = event
      const name = isPassedOn(event, entry, lineage, judgements) ? 'filtered' : deliveryEvent(event)
      return [{ ...common, event: name, recipients: [recipient], relay, dsn, text }]
    }
    case 'expired':
      return [{ ...common, event: 'expired', text: event.text }]
    case 'notification':
      return [{ ...common, event: 'notified', text: event.text, next: event.queueId }]
    case 'removed':
      return [{ ...common, event: 'removed' }]
    case 'note':
      return [{ ...common, event: 'note', text: event.text }]
  }
}

function isFirstOf(record: QueueRecord, { records }: QueueEntry): boolean {
  return records.find(({ event }) => event.kind === record.event.kind) === record
}

const BY_STATUS: Readonly<Record<string, TimelineEvent['event']>> = {
  sent: 'delivered',
  deferred: 'deferred',
  bounced: 'bounced',
  expired: 'expired',
}

/** postconf(5) and verify(8) know further statuses, of probes. */
function deliveryEvent({ status }: Delivery): TimelineEvent['event'] {
  return BY_STATUS[status] ?? 'note'
}

function answerEvent({ time, program, event }: Refusal): TimelineEvent {
  const { accepted, client, text } = event
  return { time, program, event: accepted ? 'accepted' : 'refused', ...(client && { client }), text }
}

function candyEvent({ time, program, event }: CandyRecord): TimelineEvent {
  if (event.kind === 'note') return { time, program, event: 'note', text: event.text }
  const { id, action, filters, answer, decidedBy, quarantined } = event
  return {
    time,
    queueId: id,
    program,
    event: 'judged',
    action,
    filters,
    ...(decidedBy && { decidedBy }),
    ...(quarantined && { quarantined }),
    text: answer,
  }
}

function addCandyEvents(timeline: TimelineEvent[], candy: readonly CandyRecord[]): void {
  const events = candy.map(candyEvent)
  for (const [index, { time, event }] of candy.entries()) {
    if (event.kind === 'judged') timeline.splice(placeOf(time, event, timeline), 0, events[index] as TimelineEvent)
  }
  // The last one first: what a filter says stands before the judgement that candy has logged next.
  for (const [index, { time, event }] of [...candy.entries()].toReversed()) {
    if (event.kind === 'judged') continue
    const next = events[index + 1]
    const before =
      next !== undefined && second(next.time) === second(time) ? timeline.indexOf(next) : endOf(time, timeline)
    timeline.splice(before, 0, events[index] as TimelineEvent)
  }
}

/** Behind all of this second. */
function endOf(time: number, timeline: readonly TimelineEvent[]): number {
  const index = timeline.findIndex((one) => second(one.time) > second(time))
  return index === -1 ? timeline.length : index
}

/** Before the first of these events, where there is one; else by the time. */
function placeOf(time: number, event: Judgement, timeline: readonly TimelineEvent[]): number {
  const next = event.queuedAs ?? requeuedBy(event, time, timeline)
  const consequence = timeline.findIndex((one) => {
    if (next !== undefined && one.queueId === next) return one.event === 'queued'
    if (one.event === 'accepted' || one.event === 'refused') return tells(one, event)
    return one.queueId === event.id && isAnswered(one) && second(one.time) >= second(time)
  })
  return consequence === -1 ? endOf(time, timeline) : consequence
}

/** In pipe mode candy's answer has no queue id: the one that came back last was it. */
function requeuedBy({ id, action }: Judgement, time: number, timeline: readonly TimelineEvent[]): string | undefined {
  if (action !== 'accept' || !timeline.some(({ queueId }) => queueId === id)) return undefined
  return timeline.findLast((one) => one.event === 'queued' && one.queueId !== id && second(one.time) <= second(time))
    ?.queueId
}

function tells({ text = '' }: TimelineEvent, { id, queuedAs: next }: { id: string; queuedAs?: string }): boolean {
  return text.includes(`(${id})`) || (next !== undefined && queuedAs({ status: 'sent', text }) === next)
}

/** candy has answered a delivery agent. */
function isAnswered({ event }: TimelineEvent): boolean {
  return event === 'filtered' || event === 'deferred' || event === 'bounced'
}

/** One event for the recipients of one transaction. */
function mergeDeliveries(timeline: readonly TimelineEvent[]): readonly TimelineEvent[] {
  const merged: TimelineEvent[] = []
  for (const event of timeline) {
    const last = merged.at(-1)
    if (last !== undefined && isSameTransaction(last, event)) {
      merged[merged.length - 1] = { ...last, recipients: [...(last.recipients ?? []), ...(event.recipients ?? [])] }
    } else merged.push(event)
  }
  return merged
}

function isSameTransaction(a: TimelineEvent, b: TimelineEvent): boolean {
  if (a.recipients === undefined || b.recipients === undefined || second(a.time) !== second(b.time)) return false
  return (['queueId', 'program', 'event', 'relay', 'dsn', 'text'] as const).every((name) => a[name] === b[name])
}
