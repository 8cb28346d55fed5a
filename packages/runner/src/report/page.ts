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
${drawFooter(site, figures.messages > 0)}
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

function drawNotices(report: Report): readonly Markup[] {
  const { figures, begins, damaged } = report
  const notices: string[] = []
  if (begins === undefined)
    notices.push('The history is empty: no message has been judged yet, or the service has never run.')
  else if (figures.messages === 0) notices.push(`No mail in this span. The history begins on ${formatTime(begins)}.`)
  else if (isCut(report, begins))
    notices.push(`The history begins on ${formatTime(begins)}; of what was before nothing is known.`)
  if (damaged > 0) {
    const verb = damaged === 1 ? 'is' : 'are'
    notices.push(`${formatNoun(damaged, 'line')} of the history could not be read and ${verb} not counted.`)
  }
  return notices.map(
    (text) => markup`<p class="notice">${text}</p>
`,
  )
}

/** Whether the history begins after the first period that was asked for. */
function isCut({ figures: { span, periods }, asked }: Report, begins: Date): boolean {
  return span.from > asked.from || begins >= (periods[0]?.to ?? begins)
}

function drawQuarantine({ messages, bytes }: QuarantineSize): Markup {
  const text = messages === 0 ? 'It is empty.' : `${formatNoun(messages, 'message')}, ${formatSize(bytes)}.`
  return markup`<section><h2>In the quarantine now</h2><p>${text}</p></section>
`
}

function drawFooter({ made, version, configDirectory }: Site, hasFigures: boolean): Markup {
  return markup`<footer>${hasFigures ? HOW_IT_IS_COUNTED : undefined}
<p>Made on ${formatTime(made)} by candy ${version} for the Postfix of ${configDirectory}. All times are local: ${formatZone(made)}.</p></footer>
`
}

const HOW_IT_IS_COUNTED = markup`<p>A message counts once for each outcome: more than once where its recipients have different ones, and again each time that Postfix tries again after it was deferred. Times are at most 6% too long. Numbers with ≥ may be larger, because more different texts came than are counted one by one.</p>`
