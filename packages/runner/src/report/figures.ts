/**
 * The figures of the report, from the records of the history in one pass. The memory does not depend on how many records there are,
 * nor on how many different reasons, filters and codes are in them: the history is written with the rights that every filter has.
 */

import { Counts, type Summary } from '../history/counts.js'
import type { Span } from '../history/reader.js'
import type { FilterRecord, HistoryRecord } from '../history/record.js'
import { finderIn, periodsOf, type Step, stepFor } from './calendar.js'
import { type Counted, Frequent, type Occurrence } from './frequent.js'

/** What a filter said of messages that it did not accept. */
export interface Finding extends Occurrence {
  readonly filter: string
  readonly action: FilterRecord['action']
  /** Numbers in the text are left out, see `withoutNumbers`. */
  readonly text: string
}

/** Why a filter could not decide, or a message not go on. `text` is that of the latest error, where it has one. */
export interface ReportedError extends Occurrence {
  readonly code: string
  /** Missing where it was no filter: the next hop, say. */
  readonly filter?: string
}

/** The most frequent ones, and how many there are in all. */
export interface Ranking<T> {
  readonly all: number
  readonly top: readonly Counted<T>[]
}

export type Period = Span & Summary

export interface Figures extends Summary {
  readonly recipients: number
  readonly span: Span
  readonly step: Step
  readonly periods: readonly Period[]
  /** Messages by day of the week, Monday first, and hour of the day. */
  readonly hours: readonly (readonly number[])[]
  readonly findings: Ranking<Finding>
  readonly errors: Ranking<ReportedError>
}

/** Findings and errors in a ranking. */
const RANKING_LIMIT = 20

type Records = AsyncIterable<HistoryRecord> | Iterable<HistoryRecord>

/** Counts the records of the span; all others are ignored. */
export async function countFigures(records: Records, span: Span): Promise<Figures> {
  const step = stepFor(span)
  const periods = periodsOf(span, step)
  const find = finderIn(periods)
  const all = new Counts()
  const counts = periods.map(() => new Counts())
  const hours = Array.from({ length: 7 }, () => new Array<number>(24).fill(0))
  const findings = new Frequent<Finding>()
  const errors = new Frequent<ReportedError>()
  let recipients = 0
  for await (const record of records) {
    const time = Date.parse(record.time)
    // The comparisons are false for a time that is none.
    if (!(time >= span.from.getTime() && time < span.to.getTime())) continue
    all.add(record)
    counts[find(time)]?.add(record)
    recipients += record.recipients
    countHour(hours, new Date(time))
    for (const finding of findingsIn(record)) findings.add(...finding)
    for (const error of errorsIn(record)) errors.add(...error)
  }
  return {
    ...all.summary(),
    recipients,
    span,
    step,
    periods: periods.map((period, index) => ({ ...period, ...(counts[index] ?? new Counts()).summary() })),
    hours,
    findings: rankingOf(findings),
    errors: rankingOf(errors),
  }
}

function countHour(hours: number[][], time: Date): void {
  const day = hours[(time.getDay() + 6) % 7]
  const hour = time.getHours()
  if (day !== undefined) day[hour] = (day[hour] ?? 0) + 1
}

/** With the text under which each is counted. */
function findingsIn({ filters, time: latest }: HistoryRecord): readonly (readonly [key: string, finding: Finding])[] {
  return filters.flatMap(({ name: filter, action, text: told = '' }) => {
    if (action === 'accept' || action === 'skipped' || action === 'error') return []
    const text = withoutNumbers(told)
    return [[keyOf(filter, action, text), { filter, action, text, latest }]] as const
  })
}

/** Those of filters, and the code that decided where that is of none of them. */
function errorsIn({ filters, reason, time: latest }: HistoryRecord): readonly (readonly [string, ReportedError])[] {
  const errors = filters
    .filter(({ action }) => action === 'error')
    .map(({ name: filter, code = 'ERROR', text }): readonly [string, ReportedError] => {
      return [keyOf(code, filter), { code, filter, latest, ...(text !== undefined && { text }) }]
    })
  if (reason === undefined || errors.some(([, { code }]) => code === reason)) return errors
  return [...errors, [keyOf(reason), { code: reason, latest }]]
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\n')
}

/**
 * The text with `N` for each number that is a word of its own, so that "score 7.3" and "score 9.1" are counted together. The
 * numbers in names of signatures and in addresses stay.
 */
function withoutNumbers(text: string): string {
  return text.replace(/(?<![\w.:-])\d+(?:\.\d+)?(?![\w:-]|\.\d)/g, 'N')
}

function rankingOf<T extends Occurrence>(counts: Frequent<T>): Ranking<T> {
  return { all: counts.all, top: counts.top(RANKING_LIMIT) }
}
