/** Divides a span of time into the hours, days, weeks or months of the local calendar, as many as a chart can show. */
import type { Span } from '../history/reader.js'

export type Step = 'hour' | 'day' | 'week' | 'month'

const HOUR = 3_600_000

/** The longest span, in hours, that each step is for; months for all others. */
const LIMITS: readonly (readonly [Step, number])[] = [
  ['hour', 49],
  ['day', 63 * 24],
  ['week', 60 * 7 * 24],
]

export function stepFor({ from, to }: Span): Step {
  const hours = (to.getTime() - from.getTime()) / HOUR
  return LIMITS.find(([, limit]) => hours <= limit)?.[0] ?? 'month'
}

/** The periods that cover the span, in order; the first and the last may reach beyond it. */
export function periodsOf(span: Span, step: Step): readonly Span[] {
  const periods: Span[] = []
  let from = startOf(step, span.from)
  while (from < span.to) {
    const to = nextOf(step, from)
    periods.push({ from, to })
    from = to
  }
  return periods
}

/** Finds which of the periods a time (milliseconds since 1970) is in, by binary search; -1 when it is before all. */
export function finderIn(periods: readonly Span[]): (time: number) => number {
  const starts = periods.map(({ from }) => from.getTime())
  return (time) => {
    let [low, high] = [0, starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= time) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** Weeks begin on Monday (ISO 8601). */
function startOf(step: Step, time: Date): Date {
  const [year, month, day] = [time.getFullYear(), time.getMonth(), time.getDate()]
  switch (step) {
    case 'hour':
      return new Date(time.getTime() - ((time.getTime() - new Date(year, month, day).getTime()) % HOUR))
    case 'day':
      return new Date(year, month, day)
    case 'week':
      return new Date(year, month, day - ((time.getDay() + 6) % 7))
    case 'month':
      return new Date(year, month, 1)
  }
}

/** A day on which the clocks change has another length, so days are counted, and hours are added. */
function nextOf(step: Step, start: Date): Date {
  const [year, month, day] = [start.getFullYear(), start.getMonth(), start.getDate()]
  switch (step) {
    case 'hour':
      return new Date(start.getTime() + HOUR)
    case 'day':
      return new Date(year, month, day + 1)
    case 'week':
      return new Date(year, month, day + 7)
    case 'month':
      return new Date(year, month + 1, 1)
  }
}
