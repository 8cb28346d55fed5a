/**
 * Which queue files held one message, one after the other: a filter takes a message out of the queue and puts it in again, under
 * another queue id. smtpd(8) and pickup(8) log the former id where they are told it; candy names the next one in its answer; and
 * what comes back by sendmail(1) has the same Message-ID, and comes while pipe(8) waits for candy.
 */
import type { Judgement } from './candy-line.js'
import type { CandyRecord, Collection } from './collection.js'
import { isHandOver, mayBeCandys, ownIdIn, quarantinedAs, queuedAs } from './hand-over.js'
import type { Delivery, QueueEvent } from './postfix-line.js'
import { bare } from './query.js'
import {
  endOf,
  formerIdOf,
  isAbandoned,
  messageIdsOf,
  type QueueEntries,
  type QueueEntry,
  startOf,
} from './queue-entry.js'

/** Milliseconds by which the times of two lines about one event may differ. */
const TOLERANCE = 2_000

/** The queue files of one message, the first one first. */
export type Lineage = readonly QueueEntry[]

/** A message of pipe mode whose next or former queue file is not known: it has the same Message-ID. */
export interface Awaited {
  readonly messageId: string
  /** When that one must have come in. Milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

type Parents = ReadonlyMap<QueueEntry, QueueEntry>

export function lineagesOf({ entries, candy }: Pick<Collection, 'entries' | 'candy'>): readonly Lineage[] {
  return familiesOf(entries.all(), parentsIn(entries, candy))
}

/** What may have come back by sendmail(1), to be looked for by its Message-ID. */
export function awaitedIn({ entries, candy }: Pick<Collection, 'entries' | 'candy'>): readonly Awaited[] {
  const parents = parentsIn(entries, candy)
  return entries.all().flatMap((entry) => {
    const messageIds = messageIdsOf(entry).filter((messageId) => bare(messageId) !== '')
    const last = lastSubmission(entry, parents)
    const former = isSubmitted(entry) && !parents.has(entry)
    if (last === undefined && !former) return []
    const [from, to] = last === undefined ? [0, startOf(entry)] : [startOf(entry), last + TOLERANCE]
    return messageIds.map((messageId) => ({ messageId, from, to }))
  })
}

/** sendmail(1) has submitted it, and it may have been candy that called sendmail. */
function isSubmitted({ records }: QueueEntry): boolean {
  return records[0]?.event.kind === 'pickup'
}

function parentsIn(entries: QueueEntries, candy: readonly CandyRecord[]): Parents {
  const parents = new Map<QueueEntry, QueueEntry>()
  const link: Link = (child, parent) => {
    if (child === undefined || parent === undefined || child === parent || parents.has(child)) return
    // No message comes back before it has come in.
    if (startOf(child) + TOLERANCE >= startOf(parent) && !isBelow(parents, parent, child)) parents.set(child, parent)
  }
  const all = entries.all()
  for (const entry of all) {
    const former = formerIdOf(entry)
    if (former !== undefined) link(entry, entries.at(former, startOf(entry)))
  }
  for (const { time, event } of candy) {
    if (event.kind !== 'judged' || event.queuedAs === undefined) continue
    link(entries.at(event.queuedAs, time), entries.at(event.id, time))
  }
  for (const entry of all) linkByReplies(entry, entries, candy, link)
  for (const entry of all) linkByMessageId(entry, all, parents, link)
  return parents
}

type Link = (child: QueueEntry | undefined, parent: QueueEntry | undefined) => void

/** candy's reply names the next id. Only a queue file that came in meanwhile is that one. */
function linkByReplies(entry: QueueEntry, entries: QueueEntries, candy: readonly CandyRecord[], link: Link): void {
  for (const { time, event } of entry.records) {
    const next = isHandOver(event) || isSignedBy(candy, event) ? queuedAs(event) : undefined
    const child = next === undefined ? undefined : entries.at(next, time)
    if (child !== undefined && endOf(child) + TOLERANCE >= startOf(entry)) link(child, entry)
  }
}

/** The reply has an id of candy's own, and candy has logged the same answer with this id. */
function isSignedBy(candy: readonly CandyRecord[], event: QueueEvent): event is Delivery {
  if (!mayBeCandys(event)) return false
  const own = ownIdIn(event.text)
  return candy.some(({ event: said }) => said.kind === 'judged' && said.id === own && said.answer === event.text)
}

/**
 * When pipe(8) last said that candy has taken the message, where nothing tells what candy has done with it: it has called
 * sendmail(1), which tells nobody the next queue id. Undefined otherwise.
 */
function lastSubmission(entry: QueueEntry, parents: Parents): number | undefined {
  for (const [child, parent] of parents) if (parent === entry && !isAbandoned(child)) return undefined
  return entry.records.findLast(
    ({ event }) =>
      isHandOver(event) &&
      event.status === 'sent' &&
      event.text.startsWith('delivered via ') &&
      quarantinedAs(event) === undefined,
  )?.time
}

function linkByMessageId(entry: QueueEntry, all: readonly QueueEntry[], parents: Parents, link: Link): void {
  const last = lastSubmission(entry, parents)
  if (last === undefined) return
  const ids = messageIdsOf(entry)
  for (const other of all) {
    if (!isSubmitted(other) || !messageIdsOf(other).some((id) => ids.includes(id))) continue
    if (startOf(other) >= startOf(entry) && startOf(other) <= last + TOLERANCE) link(other, entry)
  }
}

/** Whether an entry comes from another one, by way of any others. */
function isBelow(parents: Parents, entry: QueueEntry, other: QueueEntry): boolean {
  for (let at = parents.get(entry); at !== undefined; at = parents.get(at)) if (at === other) return true
  return false
}

function familiesOf(all: readonly QueueEntry[], parents: Parents): readonly Lineage[] {
  const families = new Map<QueueEntry, QueueEntry[]>()
  for (const entry of all) {
    let root = entry
    for (let at = parents.get(root); at !== undefined; at = parents.get(at)) root = at
    families.set(root, [...(families.get(root) ?? []), entry])
  }
  // The root was there first, also where the clock says the same of others.
  return [...families].map(([root, members]) => [
    root,
    ...members.filter((member) => member !== root).toSorted((a, b) => startOf(a) - startOf(b)),
  ])
}

/** The line of candy is about this lineage: it names an id that one of its queue files had at that time. */
export function isAbout({ time, event }: CandyRecord, lineage: Lineage, entries: QueueEntries): boolean {
  const ids = event.kind === 'judged' ? [event.id, event.queuedAs] : [event.id]
  return ids.some((id) => id !== undefined && lineage.some((entry) => entries.at(id, time) === entry))
}

/**
 * Whether a delivery was no delivery, but handed the message to candy, which has taken it. Over TCP only the reply tells: it names the
 * next queue file, or it is the answer that candy has logged. Other queue files of the message may be there all the same: of recipients
 * with rules of their own, and of a message that was released from the quarantine.
 */
export function isPassedOn(
  event: QueueEvent,
  entry: QueueEntry,
  lineage: Lineage,
  judgements: readonly Judgement[],
): boolean {
  if (event.kind !== 'delivery' || event.status !== 'sent') return false
  const { text } = event
  const next = queuedAs(event)
  if (isHandOver(event) || judgements.some(({ answer }) => answer === text)) return true
  return next !== undefined && lineage.slice(lineage.indexOf(entry) + 1).some(({ id }) => id === next)
}
