/**
 * A further pass: collects every line about some queue ids, and learns from them the other ids of the same messages. An id that
 * is learned from the first line about it has all its lines collected in the same pass; for any other one pass more is needed.
 */

import type { Refusal } from './candidates.js'
import { type CandyNote, isCandy, type Judgement, parseCandyLine } from './candy-line.js'
import { mayBeCandys, ownIdIn, queuedAs } from './hand-over.js'
import type { Awaited } from './lineage.js'
import type { LogLine } from './log-line.js'
import { escaped } from './matching-lines.js'
import { parsePostfixLine, type QueueEvent } from './postfix-line.js'
import { QueueEntries } from './queue-entry.js'
import type { Scanner } from './scan.js'

/** A line of candy. */
export type CandyRecord = { readonly time: number; readonly program: string } & (
  | { readonly event: Judgement }
  | { readonly event: CandyNote }
)

export function judgementsIn(candy: readonly CandyRecord[]): readonly Judgement[] {
  return candy.flatMap(({ event }) => (event.kind === 'judged' ? [event] : []))
}

export class Collection implements Scanner {
  readonly entries: QueueEntries = new QueueEntries()
  readonly candy: CandyRecord[] = []
  readonly answers: Refusal[] = []
  /** All ids, those that were learned included. */
  readonly ids: Set<string>
  /** Whether lines about an id had gone by when it was learned. */
  late = false
  readonly #awaited: readonly Awaited[]
  #pattern: RegExp
  #order = 0

  /** `awaited`: messages whose next queue id is to be learned. */
  constructor(ids: Iterable<string>, awaited: readonly Awaited[] = []) {
    this.ids = new Set(ids)
    this.#awaited = awaited
    this.#pattern = this.#makePattern()
  }

  readonly pattern = (): RegExp => this.#pattern

  readonly onLine = ({ time, program, text }: LogLine): void => {
    if (isCandy(program)) {
      const event = parseCandyLine(text)
      if (event !== undefined) this.#addCandy({ time, program, event } as CandyRecord)
      return
    }
    const line = parsePostfixLine(text)
    if (line === undefined) return
    if (line.queueId !== undefined) this.#addEvent(line.queueId, time, program, line.event)
    else {
      const named = [ownIdIn(line.event.text), queuedAs({ status: 'sent', text: line.event.text })]
      if (this.#learn(named)) this.answers.push({ time, order: this.#order++, program, event: line.event })
    }
  }

  #addCandy(record: CandyRecord): void {
    const { event } = record
    if (event.kind === 'judged' ? this.#learn([event.id, event.queuedAs]) : this.ids.has(event.id))
      this.candy.push(record)
  }

  #addEvent(queueId: string, time: number, program: string, event: QueueEvent): void {
    if (event.kind === 'client' || event.kind === 'pickup') {
      const former = event.of
      // This is the first line about the new id.
      if (former !== undefined && this.ids.has(former)) this.#know(queueId)
      else if (former !== undefined && this.ids.has(queueId)) this.#learn([queueId, former])
    } else if (event.kind === 'message-id' && this.#isAwaited(event.messageId, time)) {
      this.late ||= !this.ids.has(queueId)
      this.#know(queueId)
    } else if (mayBeCandys(event)) {
      this.#learn([queueId, queuedAs(event), ownIdIn(event.text)])
    }
    if (this.ids.has(queueId)) this.entries.add(queueId, { time, order: this.#order++, program, event })
  }

  /** Ids of one message: where one of them is known, the others are from now on. Returns whether one was. */
  #learn(ids: readonly (string | undefined)[]): boolean {
    const named = ids.filter((id) => id !== undefined)
    if (!named.some((id) => this.ids.has(id))) return false
    for (const id of named) {
      if (this.ids.has(id)) continue
      this.late = true
      this.#know(id)
    }
    return true
  }

  #isAwaited(messageId: string, time: number): boolean {
    return this.#awaited.some((one) => one.messageId === messageId && time >= one.from && time <= one.to)
  }

  #know(id: string): void {
    if (this.ids.has(id)) return
    this.ids.add(id)
    this.#pattern = this.#makePattern()
  }

  #makePattern(): RegExp {
    const messageIds = this.#awaited.map(({ messageId }) => escaped(`message-id=${messageId}`))
    return new RegExp([...this.ids, ...messageIds].join('|') || '(?!)', 'g')
  }
}
