/** The first that is read: how much mail there was, and what became of it. */
import type { Figures } from './figures.js'
import { formatCount, formatDuration, formatNoun, formatShare, formatSize } from './format.js'
import { type Markup, markup } from './markup.js'
import { countOf, OUTCOMES } from './outcomes.js'

export function drawSummary(figures: Figures): Markup {
  const { messages, recipients, bytes, milliseconds } = figures
  const stopped = messages - countOf(figures, 'accept')
  const verb = messages === 1 ? 'was' : 'were'
  const outcomes = OUTCOMES.map(
    ([action, word]) =>
      markup`<div class="${action}"><dt>${word}</dt><dd>${formatCount(countOf(figures, action))}</dd><dd>${formatShare(countOf(figures, action), messages)}</dd></div>
`,
  )
  return markup`<p class="lead">${formatNoun(messages, 'message')} for ${formatNoun(recipients, 'recipient')} ${verb} judged, ${formatSize(bytes)} in all. ${
    stopped === 0
      ? 'All went on.'
      : `${formatCount(stopped)} of them (${formatShare(stopped, messages)}) did not go on.`
  }</p>
<dl>${outcomes}<div><dt>median time</dt><dd>${milliseconds && formatDuration(milliseconds.p50)}</dd><dd>99% within ${milliseconds && formatDuration(milliseconds.p99)}</dd></div>
</dl>
`
}
