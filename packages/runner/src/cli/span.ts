/** Reads the options `--since` and `--until`: days and times of the local calendar. A day is meant as a whole, first and last alike. */
import type { Span } from '../history/reader.js'
import { EX_USAGE, Failure } from './failure.js'

const HOUR = 3_600_000

/** The history has at most the days of ten years. */
const YEARS = 10

export interface SpanOptions {
  readonly since?: string
  readonly until?: string
}

/** The span that was asked for, until now at most; of the last 30 days without options. Throws Failure. */
export function readSpan({ since = '30d', until }: SpanOptions, now: Date = new Date()): Span {
  const to = until === undefined ? now : new Date(Math.min(readEnd(until).getTime(), now.getTime()))
  const from = readStart(since, now)
  if (from >= to) {
    const end = until === undefined ? 'is in the future' : `is not before --until ${until}`
    throw new Failure(EX_USAGE, `--since ${since} ${end}`)
  }
  const earliest = new Date(now.getFullYear() - YEARS, now.getMonth(), now.getDate())
  if (from < earliest) throw new Failure(EX_USAGE, `--since ${since}: no history is older than ${YEARS} years`)
  return { from, to }
}

function readStart(text: string, now: Date): Date {
  const [, number, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  if (number !== undefined && Number(number) > 0) {
    if (unit === 'h') return new Date(now.getTime() - Number(number) * HOUR)
    return new Date(now.getFullYear(), now.getMonth(), now.getDate() - Number(number) + 1)
  }
  const start = readMoment(text)?.start
  if (start !== undefined) return start
  throw new Failure(
    EX_USAGE,
    `--since ${text}: write days ("30d": today and the 29 before), hours ("12h"), a day ("2026-11-01") or a time ("2026-11-01T08:30")`,
  )
}

function readEnd(text: string): Date {
  const end = readMoment(text)?.end
  if (end !== undefined) return end
  throw new Failure(EX_USAGE, `--until ${text}: write a day ("2026-11-30") or a time ("2026-11-30T18:00")`)
}

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?$/

/** A day from its start to its end, or a time; undefined for anything else, such as 30 February. */
function readMoment(text: string): { readonly start: Date; readonly end: Date } | undefined {
  const match = MOMENT.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1).map((digits) => Number(digits ?? 0))
  if (year < 1970 || hour > 23 || minute > 59) return undefined
  const start = new Date(year, month - 1, day, hour, minute)
  if (start.getMonth() !== month - 1 || start.getDate() !== day) return undefined
  return { start, end: match[4] === undefined ? new Date(year, month - 1, day + 1) : start }
}
