/**
 * The files of the history. Each has the records of one day (UTC), or a part of them: once a file is full, the next record of that
 * day begins another. No file is ever renamed, so writers and readers need not tell each other anything.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** One file of the history. */
export interface Segment {
  readonly path: string
  /** `2026-11-27`. */
  readonly day: string
  /** Counts from 1 on each day. */
  readonly number: number
}

const NAME = /^(?<day>\d{4}-\d{2}-\d{2})\.(?<number>\d{3,})\.jsonl$/

/** The day of an ISO 8601 time in UTC. */
export function dayOf(time: string): string {
  return time.slice(0, 10)
}

export function segmentIn(directory: string, day: string, number: number): Segment {
  return { path: join(directory, `${day}.${String(number).padStart(3, '0')}.jsonl`), day, number }
}

/** All files of the history, the oldest first; none where there is no such directory. Throws any other error of readdir(3). */
export function listSegments(directory: string): readonly Segment[] {
  return namesIn(directory)
    .flatMap((name) => {
      const { day, number } = NAME.exec(name)?.groups ?? {}
      return day === undefined || number === undefined
        ? []
        : [{ path: join(directory, name), day, number: Number(number) }]
    })
    .toSorted((a, b) => (a.day === b.day ? a.number - b.number : a.day < b.day ? -1 : 1))
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
