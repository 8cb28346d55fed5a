/**
 * What all charts over periods share: the plot, with marks placed by percent across and down, so that it fits any width and its
 * text is not scaled with it; the axis at its left, and the names of periods below. Numbers can be read in the table of all periods.
 */
import type { Span } from '../history/reader.js'
import type { Step } from './calendar.js'
import { formatPeriod, formatTick } from './format.js'
import { type Markup, markup } from './markup.js'

/** A rectangle in the place of one period. Parts of the height of the plot, from below. */
export interface Mark {
  readonly name: string
  /** Narrower than others. */
  readonly thin?: true
  readonly from: number
  readonly to: number
}

/** A period in a chart. */
export interface Column {
  readonly period: Span
  /** Shown where the pointer is. */
  readonly about: string
  readonly marks: readonly Mark[]
}

export interface Chart {
  /** What can be seen, for those who cannot. */
  readonly label: string
  readonly step: Step
  readonly columns: readonly Column[]
  /** What is written at the left, from above, at equal distances. */
  readonly axis: readonly string[]
  readonly legend: readonly (readonly [name: string, text: string, shape?: 'thin'])[]
}

/** Names of periods below a chart. Every other one is left out where the screen is narrow. */
const TICKS = 8

/** Of the place of a period, how much is used; and how much of the chart a bar has at most. */
const [FILLED, WIDEST] = [0.76, 0.06]

/** The width of a thin mark, as a part of that of others. */
const THIN = 0.25

export function drawChart({ label, step, columns, axis, legend }: Chart): Markup {
  const share = 1 / columns.length
  const lines = axis.map((_, index) => percent(index / (axis.length - 1)))
  const drawn = columns.map((column, index) => drawColumn(column, step, index * share, share))
  return markup`<figure><div class="plot"><div class="axis" aria-hidden="true">${axis.map((text) => markup`<span>${text}</span>`)}</div>
<svg role="img" aria-label="${label}">${lines.map((y) => markup`<line x1="0" x2="100%" y1="${y}" y2="${y}"/>`)}
${drawn}</svg>
<div class="ticks" aria-hidden="true"><svg>${drawTicks(columns, step)}</svg></div></div>
${legend.length > 0 ? drawLegend(legend) : undefined}</figure>`
}

function drawLegend(legend: Chart['legend']): Markup {
  const items = legend.map(
    ([name, text, shape]) =>
      markup`<li><svg aria-hidden="true"><rect class="${name}" x="${percent(shape === undefined ? 0 : (1 - THIN) / 2)}" width="${percent(shape === undefined ? 1 : THIN)}" height="100%"/></svg>${text}</li>`,
  )
  return markup`<ul class="legend">${items}</ul>`
}

function drawColumn({ period, about, marks }: Column, step: Step, left: number, share: number): Markup {
  const widest = Math.min(share * FILLED, WIDEST)
  const rectangles = marks
    .filter(({ from, to }) => to > from)
    .map(({ name, thin, from, to }) => {
      const width = thin ? widest * THIN : widest
      const x = left + (share - width) / 2
      return markup`<rect class="${name}" x="${percent(x)}" width="${percent(width)}" y="${percent(1 - to)}" height="${percent(to - from)}"/>`
    })
  return markup`<g><title>${formatPeriod(period, step)}: ${about}</title><rect class="hit" x="${percent(left)}" width="${percent(share)}" height="100%"/>${rectangles}</g>
`
}

function drawTicks(columns: readonly Column[], step: Step): readonly Markup[] {
  return named(columns, step).map((index, nth) => {
    const column = columns[index]
    const x = percent((index + 0.5) / columns.length)
    return markup`<text class="${nth % 2 === 1 ? 'minor' : 'major'}" x="${x}" y="1.1rem">${column && formatTick(column.period, step)}</text>`
  })
}

/** Of many days Mondays have a name, of others as many as there is room for. */
function named(columns: readonly Column[], step: Step): readonly number[] {
  const all = [...columns.keys()]
  if (step === 'day' && columns.length > 2 * TICKS)
    return all.filter((index) => columns[index]?.period.from.getDay() === 1)
  const every = Math.ceil(columns.length / TICKS)
  return all.filter((index) => index % every === 0)
}

function percent(part: number): string {
  return `${Number((part * 100).toFixed(2))}%`
}

/** The next larger number that is easy to read on an axis, and whose half is too. */
export function roundedUp(most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1)))
  const factor = [1, 2, 4, 6, 8, 10].find((one) => one * power >= most) ?? 10
  return Math.max(factor * power, 2)
}
