/**
 * The first pass for a Message-ID or an address: which queue ids its messages had. An address may have many messages, so only the
 * latest are kept.
 */
import { isCandy, parseCandyLine } from './candy-line.js'
import type { LogLine } from './log-line.js'
import { escaped } from './matching-lines.js'
import { type ClientAnswer, parsePostfixLine, type QueueEvent } from './postfix-line.js'
import { bare, isNamed, type Query } from './query.js'
import { isOwnId } from './queue-id.js'
import type { Scanner } from './scan.js'

/** A message that never got a queue id: smtpd(8) or postscreen(8) refused it. */
export interface Refusal {
  readonly time: number
  /** Counts lines. */
  readonly order: number
  readonly program: string
  readonly event: ClientAnswer
}

export class Candidates implements Scanner {
  /** From the oldest to the latest: those of Postfix, and those of candy, whose own log may be read before Postfix's. */
  readonly #queueIds = new Set<string>()
  readonly #ownIds = new Set<string>()
  readonly refusals: Refusal[] = []
  /** Whether there are older ones than those that were kept. */
  more = false
  readonly #query: Query
  readonly #limit: number
  readonly #pattern: RegExp

  constructor(query: Query, limit: number) {
    this.#query = query
    this.#limit = limit
    this.#pattern = new RegExp(escaped(query.name ?? ''), 'gi')
  }

  get ids(): readonly string[] {
    return [...this.#queueIds, ...this.#ownIds]
  }

  readonly pattern = (): RegExp => this.#pattern

  readonly onLine = ({ time, program, text }: LogLine): void => {
    if (isCandy(program)) {
      const line = parseCandyLine(text)
      if (line?.kind !== 'judged') return
      if (!this.#isOne(bare(line.messageId), line.sender, ...line.recipients)) return
      this.#add(line.id)
      if (line.queuedAs !== undefined) this.#add(line.queuedAs)
      return
    }
    const line = parsePostfixLine(text)
    if (line === undefined) return
    if (line.queueId === undefined) this.#addRefusal({ time, order: 0, program, event: line.event })
    else if (this.#isOne(...namesIn(line.event))) this.#add(line.queueId)
  }

  #isOne(...names: readonly (string | undefined)[]): boolean {
    return names.some((name) => isNamed(this.#query, name))
  }

  /** The one that was added last is the latest. */
  #add(id: string): void {
    const ids = isOwnId(id) ? this.#ownIds : this.#queueIds
    ids.delete(id)
    ids.add(id)
    if (ids.size <= this.#limit) return
    for (const oldest of ids) {
      ids.delete(oldest)
      break
    }
    this.more = true
  }

  #addRefusal(refusal: Refusal): void {
    const { sender, recipient } = refusal.event
    if (refusal.event.accepted || !this.#isOne(sender, recipient)) return
    this.refusals.push(refusal)
    if (this.refusals.length <= this.#limit) return
    this.refusals.shift()
    this.more = true
  }
}

/** Addresses and Message-IDs of an event. */
export function namesIn(event: QueueEvent): readonly (string | undefined)[] {
  switch (event.kind) {
    case 'message-id':
      return [bare(event.messageId)]
    case 'delivery':
      return [event.recipient, event.original]
    case 'active':
    case 'pickup':
      return [event.sender]
    case 'client':
    case 'expired':
    case 'note':
    case 'notification':
    case 'removed':
      return []
  }
}
