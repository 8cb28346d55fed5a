/** Removes the oldest files of the history, so that it has no more days and bytes than the operator wants. */
import { statSync } from 'node:fs'
import { unlinkIfThere } from '../os/unlink.js'
import { dayOf, listSegments, type Segment } from './segment.js'

const DAY = 24 * 60 * 60 * 1000

export interface HistoryLimits {
  /** Days that are kept, beside today. */
  readonly keepDays: number
  /** Bytes of all files together. */
  readonly maxSize: number
}

/** Removes what is too old or too much; the newest file stays. Throws the error of the system call. */
export function expireHistory(directory: string, { keepDays, maxSize }: HistoryLimits, now: Date = new Date()): void {
  const first = dayOf(new Date(now.getTime() - keepDays * DAY).toISOString())
  let size = 0
  for (const [index, segment] of listSegments(directory).toReversed().entries()) {
    size += sizeOf(segment)
    if (index > 0 && (segment.day < first || size > maxSize)) unlinkIfThere(segment.path)
  }
}

function sizeOf({ path }: Segment): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
