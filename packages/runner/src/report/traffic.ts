/** How many messages there were in each period, and what became of those that did not go on: two charts, since those are few. */

import type { Summary } from '../history/counts.js'
import { type Chart, type Column, drawChart, type Mark, roundedUp } from './chart.js'
import type { Figures } from './figures.js'
import { formatCount, formatNoun } from './format.js'
import { type Markup, markup } from './markup.js'
import { countOf, OUTCOMES, STOPPED } from './outcomes.js'

/** Of the height of a chart: what is there is seen, however little it is. */
const LEAST = 0.006

export function drawTraffic(figures: Figures): Markup {
  const words = { hour: 'hour', day: 'day', week: 'week', month: 'month' }[figures.step]
  return markup`<section><h2>Messages each ${words}</h2>
${drawStacks(figures, OUTCOMES, `Messages in each ${words}, by outcome.`)}</section>
<section><h2>Messages that did not go on</h2>
${drawStopped(figures, words)}</section>
`
}

function drawStopped(figures: Figures, word: string): Markup {
  if (figures.messages === countOf(figures, 'accept'))
    return markup`<p>None: no message was refused, quarantined, discarded or deferred.</p>`
  return drawStacks(figures, STOPPED, `Messages in each ${word} that did not go on, by outcome.`)
}

/** One stack for each period, of the outcomes that there are. */
function drawStacks(figures: Figures, outcomes: typeof OUTCOMES, label: string): Markup {
  const { step, periods } = figures
  const shown = outcomes.filter(([action]) => countOf(figures, action) > 0)
  const heights = periods.map((period) => shown.reduce((sum, [action]) => sum + countOf(period, action), 0))
  const top = roundedUp(Math.max(...heights))
  const columns: Column[] = periods.map((period) => ({
    period,
    about: aboutOf(period),
    marks: stack(period, shown, top),
  }))
  const axis = [top, top / 2, 0].map(formatCount)
  const legend: Chart['legend'] = shown.map(([action, word]) => [action, word])
  return drawChart({ label, step, columns, axis, legend })
}

function stack(period: Summary, outcomes: typeof OUTCOMES, top: number): readonly Mark[] {
  let from = 0
  return outcomes
    .filter(([action]) => countOf(period, action) > 0)
    .map(([action]) => {
      const to = from + Math.max(countOf(period, action) / top, LEAST)
      const mark = { name: action, from, to }
      from = to
      return mark
    })
}

function aboutOf(period: Summary): string {
  const parts = OUTCOMES.filter(([action]) => countOf(period, action) > 0)
  return [
    formatNoun(period.messages, 'message'),
    ...parts.map(([action, word]) => `${formatCount(countOf(period, action))} ${word}`),
  ].join(', ')
}
