/**
 * The report: the history of a span of time is counted (figures.ts, with calendar.ts and frequent.ts), and shown as one HTML page
 * (page.ts). The page is put together from HTML values (markup.ts); each of its parts has a file: summary.ts, traffic.ts, filters.ts,
 * latency.ts, hours.ts, periods.ts. Charts are drawn by chart.ts, tables by table.ts, and style.ts has their looks.
 */
import { join } from 'node:path'
import { readHistory, type Span } from '../history/reader.js'
import { measureQuarantine, type QuarantineSize } from '../quarantine/size.js'
import { countFigures, type Figures } from './figures.js'

export interface Report {
  readonly figures: Figures
  /** The span that was asked for. That of the figures is shorter where the history begins later. */
  readonly asked: Span
  /** The time of the oldest record; undefined when there is none. */
  readonly begins?: Date
  /** Lines of the history that could not be read. */
  readonly damaged: number
  /** What lies in the quarantine now; undefined where it cannot be read. */
  readonly quarantine?: QuarantineSize
}

/** `state` is the state directory. Throws the error of the system call when the history cannot be read. */
export async function readReport(state: string, asked: Span): Promise<Report> {
  const directory = join(state, 'history')
  const begins = await findBeginning(directory)
  const span = { ...asked, from: begins === undefined ? asked.from : clipped(asked, startOfDay(begins)) }
  const damage = { lines: 0 }
  const figures = await countFigures(readHistory(directory, span, damage), span)
  const quarantine = await measureQuarantine(join(state, 'quarantine'))
  return {
    ...{ figures, asked, damaged: damage.lines },
    ...(begins !== undefined && { begins }),
    ...(quarantine !== undefined && { quarantine }),
  }
}

async function findBeginning(directory: string): Promise<Date | undefined> {
  const always = { from: new Date(0), to: new Date('9999-12-31') }
  for await (const { time } of readHistory(directory, always)) return new Date(time)
  return undefined
}

/** The start of the span, or of the history where that is later but still inside the span. */
function clipped({ from, to }: Span, first: Date): Date {
  return first > from && first < to ? first : from
}

function startOfDay(time: Date): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate())
}
