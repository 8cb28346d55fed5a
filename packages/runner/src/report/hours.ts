/** When mail comes: messages by day of the week and hour of the day, as a table whose cells are coloured. */
import type { Figures } from './figures.js'
import { formatCount, WEEKDAYS } from './format.js'
import { type Markup, markup } from './markup.js'
import { LIGHT } from './palette.js'

const WEEK = 7 * 24 * 3_600_000

/** Undefined for a span of less than a week, in which most days would be missing. */
export function drawHours({ hours, span, messages }: Figures): Markup | undefined {
  if (messages === 0 || span.to.getTime() - span.from.getTime() < WEEK) return undefined
  const most = Math.max(...hours.flat())
  const heads = Array.from({ length: 24 }, (_, hour) => {
    const name = hour % 6 === 0 ? 'major' : 'minor'
    return markup`<th scope="col" class="${name}">${hour}</th>`
  })
  const rows = hours.map(
    (
      counts,
      day,
    ) => markup`<tr><th scope="row">${WEEKDAYS[day]}</th>${counts.map((count) => drawCell(count, most))}</tr>
`,
  )
  return markup`<section><h2>When mail comes</h2>
<p class="soft">Messages by day of the week and hour of the day, all weeks together.</p>
<div class="scroll heat"><table><thead><tr><th scope="col">day</th>${heads}</tr></thead><tbody>
${rows}</tbody></table></div></section>
`
}

function drawCell(count: number, most: number): Markup {
  const level = Math.ceil((count / most) * LIGHT.heat.length) - 1
  return count === 0 ? markup`<td class="zero">0</td>` : markup`<td class="h${level}">${short(count)}</td>`
}

/** In so narrow a cell there is room for five characters. */
function short(count: number): string {
  if (count < 10_000) return formatCount(count)
  return count < 999_500 ? `${Math.round(count / 1_000)}k` : `${formatCount(count / 1e6)}M`
}
