/**
 * How long messages took in each period, from the end of their data to the outcome: half of them, 95 and 99 in a hundred. The axis is
 * logarithmic, since one slow scanner is a hundred times slower.
 */
import type { LatencySummary } from '../history/latencies.js'
import { type Column, drawChart, type Mark } from './chart.js'
import type { Figures } from './figures.js'
import { formatDuration } from './format.js'
import { type Markup, markup } from './markup.js'

/** Half of the height of the mark for the median. */
const HALF = 0.012

export function drawLatency({ step, periods, milliseconds }: Figures): Markup | undefined {
  if (milliseconds === undefined) return undefined
  const scale = scaleOf(periods.flatMap((period) => period.milliseconds ?? []))
  const columns: Column[] = periods.map((period) => ({
    period,
    about: period.milliseconds === undefined ? 'no message' : aboutOf(period.milliseconds),
    marks: period.milliseconds === undefined ? [] : marksOf(period.milliseconds, scale),
  }))
  const axis = Array.from({ length: scale.high - scale.low + 1 }, (_, index) => DECADES[scale.high - index] ?? '')
  return markup`<section><h2>Time to an outcome</h2>
<p class="soft">From the end of a message’s data to its outcome, as long as Postfix waited. Each line of the chart is ten times the one below.</p>
${drawChart({ label: 'Time to an outcome in each period.', step, columns, axis, legend: LEGEND })}</section>
`
}

const LEGEND = [
  ['p50', 'half of the messages took less'],
  ['p95', '95 in 100'],
  ['p99', '99 in 100', 'thin'],
] as const

/** Powers of ten. */
interface Scale {
  readonly low: number
  readonly high: number
}

const DECADES = ['1 ms', '10 ms', '100 ms', '1 s', '10 s', '100 s', '1,000 s', '10,000 s', '100,000 s']

function scaleOf(all: readonly LatencySummary[]): Scale {
  const low = Math.floor(powerOf(Math.min(...all.map(({ p50 }) => p50))))
  const high = Math.ceil(powerOf(Math.max(...all.map(({ p99 }) => p99))))
  return { low: Math.min(low, DECADES.length - 2), high: Math.min(Math.max(high, low + 1), DECADES.length - 1) }
}

function powerOf(milliseconds: number): number {
  return Math.log10(Math.max(milliseconds, 1))
}

function marksOf({ p50, p95, p99 }: LatencySummary, { low, high }: Scale): readonly Mark[] {
  const place = (milliseconds: number): number => (powerOf(milliseconds) - low) / (high - low)
  return [
    { name: 'p99', thin: true, from: place(p95), to: place(p99) },
    { name: 'p95', from: place(p50), to: place(p95) },
    { name: 'p50', from: place(p50) - HALF, to: place(p50) + HALF },
  ]
}

function aboutOf({ p50, p95, p99, max }: LatencySummary): string {
  const parts = [`half within ${formatDuration(p50)}`, `95% ${formatDuration(p95)}`, `99% ${formatDuration(p99)}`]
  return [...parts, `longest ${formatDuration(max)}`].join(', ')
}
