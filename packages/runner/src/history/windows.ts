/**
 * The counts of the last minute, hour and day. Time is cut into short pieces for the hour and longer ones for the day, and a window is
 * the sum of its pieces: so it reaches back as far as its name says, and up to one piece further.
 */
import { Counts, type Summary } from './counts.js'
import type { HistoryRecord } from './record.js'

export type WindowName = 'minute' | 'hour' | 'day'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Milliseconds of a piece, and of the longest window that is made of such pieces. */
const FINE = { piece: 10 * SECOND, kept: HOUR } as const
const COARSE = { piece: 10 * MINUTE, kept: DAY } as const

/** Milliseconds of the longest window. */
export const LONGEST_WINDOW: number = DAY

export class Windows {
  readonly #fine = new Pieces(FINE.piece, FINE.kept)
  readonly #coarse = new Pieces(COARSE.piece, COARSE.kept)

  /** Counts a record. `now` is in milliseconds since 1970; what is older than a day, or later than now, is not counted. */
  add(record: HistoryRecord, now: number = Date.now()): void {
    const time = Date.parse(record.time)
    this.#fine.add(record, time, now)
    this.#coarse.add(record, time, now)
  }

  summary(name: WindowName, now: number = Date.now()): Summary {
    if (name === 'day') return this.#coarse.sum(DAY, now)
    return this.#fine.sum(name === 'hour' ? HOUR : MINUTE, now)
  }
}

class Pieces {
  readonly #piece: number
  readonly #kept: number
  /** By the number of the piece since 1970. */
  readonly #counts = new Map<number, Counts>()

  constructor(piece: number, kept: number) {
    this.#piece = piece
    this.#kept = kept
  }

  add(record: HistoryRecord, time: number, now: number): void {
    const number = this.#number(time)
    // The clock of one process is never far ahead of another's on this host.
    if (number > this.#number(now) + 1 || number < this.#number(now - this.#kept)) return
    const known = this.#counts.get(number)
    if (known === undefined) this.#forget(now)
    const counts = known ?? new Counts()
    counts.add(record)
    this.#counts.set(number, counts)
  }

  sum(milliseconds: number, now: number): Summary {
    const sum = new Counts()
    const from = this.#number(now - milliseconds)
    for (const [number, counts] of this.#counts) if (number >= from) sum.addAll(counts)
    return sum.summary()
  }

  #number(time: number): number {
    return Math.floor(time / this.#piece)
  }

  /** Drops the pieces that no window reaches; after the clock was set back, those of the future, too. */
  #forget(now: number): void {
    for (const number of this.#counts.keys()) {
      if (number < this.#number(now - this.#kept) || number > this.#number(now) + 1) this.#counts.delete(number)
    }
  }
}
