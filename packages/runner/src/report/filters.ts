/** What the filters said: each filter's verdicts, the most frequent findings, and why no verdict was reached. */
import type { FilterSummary } from '../history/counts.js'
import type { FilterRecord } from '../history/record.js'
import type { Figures, Finding, Ranking, ReportedError } from './figures.js'
import { formatCount, formatDuration, formatShare, formatTime } from './format.js'
import type { Counted } from './frequent.js'
import { type Markup, markup } from './markup.js'
import { countColumn, drawTable, type TableColumn } from './table.js'

export function drawFilters({ filters }: Figures): Markup {
  if (filters.length === 0) return markup`<section><h2>Filters</h2><p>No filter was asked.</p></section>`
  const shown = VERDICTS.filter(
    (action) => action === 'accept' || filters.some(({ verdicts }) => verdicts[action] !== undefined),
  )
  const columns: readonly TableColumn<FilterSummary>[] = [
    { head: 'filter', kind: 'left', cell: ({ name }) => name },
    ...shown.map((action) => countColumn<FilterSummary>(action, ({ verdicts }) => verdicts[action] ?? 0)),
    ...(['p50', 'p95', 'p99'] as const).map((part): TableColumn<FilterSummary> => {
      const head = { p50: 'median', p95: '95%', p99: '99%' }[part]
      return { head, kind: 'number', cell: ({ milliseconds }) => milliseconds && formatDuration(milliseconds[part]) }
    }),
  ]
  return markup`<section><h2>Filters</h2>
<p class="soft">What each filter said, and how long it took. What became of the message is the operator’s choice: a message that a filter rejects may be tagged and go on.</p>
${drawTable('Verdicts of each filter', columns, filters)}</section>
`
}

const VERDICTS: readonly FilterRecord['action'][] = [
  'accept',
  ...(['reject', 'quarantine', 'defer', 'unscannable', 'error', 'skipped'] as const),
]

export function drawFindings({ findings }: Figures): Markup {
  if (findings.all === 0)
    return markup`<section><h2>What was found</h2><p>Nothing: the filters accepted all that they judged.</p></section>`
  const columns: readonly TableColumn<Counted<Finding>>[] = [
    {
      head: 'finding',
      kind: 'words',
      cell: ({ text, filter, action, latest }) => drawReason(text, [filter, action, timeOf(latest)]),
    },
    ...rankColumns(findings),
  ]
  return markup`<section><h2>What was found</h2>
<p class="soft">The most frequent signatures and reasons. N stands for a number, such as a score.</p>
${drawTable('Findings', columns, findings.top)}
${drawRest(findings, 'findings')}</section>
`
}

export function drawErrors({ errors }: Figures): Markup {
  if (errors.all === 0)
    return markup`<section><h2>Errors</h2><p>None: every filter could decide, and every accepted message was handed on.</p></section>`
  const columns: readonly TableColumn<Counted<ReportedError>>[] = [
    {
      head: 'error',
      kind: 'words',
      cell: ({ code, filter, text, latest }) => drawReason(code, [filter, text, timeOf(latest)]),
    },
    ...rankColumns(errors),
  ]
  return markup`<section><h2>Errors</h2>
<p class="soft">Why a filter could not decide, or a message could not be handed on.</p>
${drawTable('Errors', columns, errors.top)}
${drawRest(errors, 'errors')}</section>
`
}

function drawReason(text: string, about: readonly (string | undefined)[]): Markup {
  const parts = about.filter((part) => part !== undefined)
  return markup`<code>${text}</code><br><span class="soft">${parts.join(' · ')}</span>`
}

function timeOf(time: string): string {
  return `last on ${formatTime(new Date(time))}`
}

function rankColumns<T>({ all }: Ranking<T>): readonly TableColumn<Counted<T>>[] {
  return [
    { head: 'times', kind: 'number', cell: ({ times, atLeast }) => `${atLeast ? '≥ ' : ''}${formatCount(times)}` },
    { head: 'share', kind: 'number', cell: ({ times }) => formatShare(times, all) },
  ]
}

function drawRest<T>({ all, top }: Ranking<T>, noun: string): Markup | undefined {
  const rest = top.reduce((left, { times }) => left - times, all)
  return rest === 0 ? undefined : markup`<p class="soft">And ${formatCount(rest)} other ${noun}.</p>`
}
