/** The numbers of all charts over periods, in one table. */
import type { Figures, Period } from './figures.js'
import { formatDuration, formatPeriod, formatSize } from './format.js'
import { type Markup, markup } from './markup.js'
import { countOf, OUTCOMES } from './outcomes.js'
import { countColumn, drawTable, type TableColumn } from './table.js'

export function drawPeriods(figures: Figures): Markup {
  const { step, periods } = figures
  const shown = OUTCOMES.filter(([action]) => countOf(figures, action) > 0)
  const columns: readonly TableColumn<Period>[] = [
    { head: step, kind: 'left', cell: (period) => formatPeriod(period, step) },
    countColumn('messages', ({ messages }) => messages),
    ...shown.map(([action, word]) => countColumn<Period>(word, (period) => countOf(period, action))),
    { head: 'size', kind: 'number', cell: ({ bytes, messages }) => (messages === 0 ? '' : formatSize(bytes)) },
    { head: 'median', kind: 'number', cell: ({ milliseconds }) => milliseconds && formatDuration(milliseconds.p50) },
    { head: '95%', kind: 'number', cell: ({ milliseconds }) => milliseconds && formatDuration(milliseconds.p95) },
    { head: '99%', kind: 'number', cell: ({ milliseconds }) => milliseconds && formatDuration(milliseconds.p99) },
  ]
  return markup`<section><h2>The same in numbers</h2>
${drawTable(`Each ${step} in numbers`, columns, periods)}</section>
`
}
