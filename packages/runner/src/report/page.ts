/**
 * The report as one HTML page that needs nothing else: no script, no font, no picture, and its Content-Security-Policy forbids all of
 * them. It has no message's content and no addresses, but for what filters put into their texts.
 */
import { createHash } from 'node:crypto'
import type { QuarantineSize } from '../quarantine/size.js'
import type { Figures } from './figures.js'
import { drawErrors, drawFilters, drawFindings } from './filters.js'
import { formatNoun, formatSize, formatSpan, formatTime, formatZone } from './format.js'
import { drawHours } from './hours.js'
import { drawLatency } from './latency.js'
import { type Markup, markup } from './markup.js'
import { drawPeriods } from './periods.js'
import type { Report } from './report.js'
import { STYLE } from './style.js'
import { drawSummary } from './summary.js'
import { drawTraffic } from './traffic.js'

/** What the page is about, for those who have several. */
export interface Site {
  /** The name of the host. */
  readonly host: string
  /** Of Postfix. */
  readonly configDirectory: string
  /** Of candy. */
  readonly version: string
  readonly made: Date
}

const HASH = createHash('sha256').update(STYLE).digest('base64')

const POLICY = `default-src 'none'; style-src 'sha256-${HASH}'; base-uri 'none'; form-action 'none'`

export function printPage(report: Report, site: Site): string {
  const title = `Mail of ${site.host}, ${formatSpan(report.figures.span)}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${markup`<meta http-equiv="Content-Security-Policy" content="${POLICY}">`.text}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
${markup`<title>${title}</title>`.text}
<style>${STYLE}</style>
</head>
<body>
${drawBody(report, site).text}</body>
</html>
`
}

function drawBody(report: Report, site: Site): Markup {
  const { figures, quarantine } = report
  return markup`<header><h1>Mail of ${site.host}</h1>
<p class="soft">${formatSpan(figures.span)} · ${formatZone(figures.span.to)}</p></header>
<main>
${drawNotices(report)}
${figures.messages === 0 ? undefined : drawFigures(figures)}
${quarantine && drawQuarantine(quarantine)}
</main>
${drawFooter(site)}
`
}

function drawFigures(figures: Figures): readonly (Markup | undefined)[] {
  return [
    drawSummary(figures),
    drawTraffic(figures),
    drawFindings(figures),
    drawFilters(figures),
    drawErrors(figures),
    drawLatency(figures),
    drawHours(figures),
    drawPeriods(figures),
  ]
}

function drawNotices({ figures: { messages }, asked, begins, damaged }: Report): readonly Markup[] {
  const notices: string[] = []
  if (begins === undefined)
    notices.push('The history is empty: no message has been judged yet, or the service has never run.')
  else if (messages === 0) notices.push(`No mail in this span. The history begins on ${formatTime(begins)}.`)
  else if (begins > asked.from) notices.push(`The history begins on ${formatTime(begins)}; nothing older is kept.`)
  if (damaged > 0)
    notices.push(
      `${formatNoun(damaged, 'line')} of the history could not be read and ${damaged === 1 ? 'is' : 'are'} not counted.`,
    )
  return notices.map(
    (text) => markup`<p class="notice">${text}</p>
`,
  )
}

function drawQuarantine({ messages, bytes }: QuarantineSize): Markup {
  const text = messages === 0 ? 'It is empty.' : `${formatNoun(messages, 'message')}, ${formatSize(bytes)}.`
  return markup`<section><h2>In the quarantine now</h2><p>${text}</p></section>
`
}

function drawFooter({ made, version, configDirectory }: Site): Markup {
  return markup`<footer><p>A message counts once for each outcome: more than once where its recipients have different ones, and again each time that Postfix tries again after it was deferred. Times are at most 6% too long. Numbers with ≥ may be larger, because more different texts came than are counted one by one.</p>
<p>Made on ${formatTime(made)} by candy ${version} for the Postfix of ${configDirectory}. All times are local: ${formatZone(made)}.</p></footer>
`
}
