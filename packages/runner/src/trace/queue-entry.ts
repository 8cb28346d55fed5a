/**
 * The life of one queue file: all that is logged under its queue id. A short queue id is used again when its file is gone, so a
 * log may have several lives under one id, which begin where a message comes in and end where it is removed.
 */
import type { QueueEvent } from './postfix-line.js'

export interface QueueRecord {
  readonly time: number
  /** Counts lines: some logs have no more than seconds. */
  readonly order: number
  /** The tag: `postfix/candy-in/smtpd`. */
  readonly program: string
  readonly event: QueueEvent
}

export interface QueueEntry {
  readonly id: string
  readonly records: QueueRecord[]
}

/** Milliseconds after its removal in which lines may still belong to a message: several processes write to one log. */
const LATE = 2_000

/** Queue files by queue id, from lines in the order in which they were logged. */
export class QueueEntries {
  readonly #byId = new Map<string, QueueEntry[]>()

  add(id: string, record: QueueRecord): void {
    const entries = this.#byId.get(id) ?? []
    this.#byId.set(id, entries)
    const current = entries.at(-1)
    if (current === undefined || isOther(current, record)) entries.push({ id, records: [record] })
    else current.records.push(record)
  }

  all(): readonly QueueEntry[] {
    return [...this.#byId.values()].flat()
  }

  /** The entry that had this id at that time, give or take; the last one that had begun by then. */
  at(id: string, time: number): QueueEntry | undefined {
    return this.#byId.get(id)?.findLast((entry) => startOf(entry) <= time + LATE)
  }
}

/** Whether the id was given to another message before this line. */
function isOther(entry: QueueEntry, { time, event }: QueueRecord): boolean {
  const removed = entry.records.findLast((record) => record.event.kind === 'removed')
  if (event.kind === 'client' || event.kind === 'pickup') return true
  if (removed === undefined) return false
  return event.kind === 'message-id' || time > removed.time + LATE
}

export function startOf(entry: QueueEntry): number {
  return entry.records[0]?.time ?? 0
}

export function endOf(entry: QueueEntry): number {
  return entry.records.at(-1)?.time ?? 0
}

/** As logged, with their angle brackets: a message may have several such fields. */
export function messageIdsOf({ records }: QueueEntry): readonly string[] {
  return records.flatMap(({ event }) => (event.kind === 'message-id' ? [event.messageId] : []))
}

/** The id that its message had before, as smtpd(8) or pickup(8) was told. */
export function formerIdOf({ records }: QueueEntry): string | undefined {
  const event = records[0]?.event
  return event?.kind === 'client' || event?.kind === 'pickup' ? event.of : undefined
}

/** A client or candy gave up before it had sent the message; nothing was queued. */
export function isAbandoned({ records }: QueueEntry): boolean {
  return records.every(({ event }) => event.kind === 'client')
}
