/** Follows the history: hands on each record once, as soon as it is asked for what is new. */
import { statSync } from 'node:fs'
import { type Damage, readSegment } from './reader.js'
import type { HistoryRecord } from './record.js'
import { dayOf, listSegments } from './segment.js'

export class HistoryFollower {
  readonly #directory: string
  readonly #from: string
  readonly #receive: (record: HistoryRecord) => void
  /** By the path of a file, up to where it has been read. */
  readonly #positions = new Map<string, number>()
  #reading: Promise<void> = Promise.resolve()
  readonly #damage: Damage = { lines: 0 }

  /** Hands on all records from that moment on, also those that are there already. */
  constructor(directory: string, from: Date, receive: (record: HistoryRecord) => void) {
    this.#directory = directory
    this.#from = from.toISOString()
    this.#receive = receive
  }

  /** Lines that were no records. */
  get damaged(): number {
    return this.#damage.lines
  }

  /** Hands on what was written since the last time. Throws the error of the system call when the history cannot be read. */
  read(): Promise<void> {
    const read = this.#reading.then(() => this.#readNew())
    this.#reading = read.catch(() => {})
    return read
  }

  async #readNew(): Promise<void> {
    const segments = listSegments(this.#directory).filter(({ day }) => day >= dayOf(this.#from))
    const paths = new Set(segments.map(({ path }) => path))
    for (const path of this.#positions.keys()) if (!paths.has(path)) this.#positions.delete(path)
    for (const { path } of segments) {
      const position = this.#positions.get(path) ?? 0
      if (statSync(path, { throwIfNoEntry: false })?.size === position) continue
      for await (const read of readSegment(path, position, this.#damage)) {
        for (const record of read.records) if (record.time >= this.#from) this.#receive(record)
        this.#positions.set(path, read.position)
      }
    }
  }
}
