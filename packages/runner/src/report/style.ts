/** The style sheet of the report. There is no `style` attribute anywhere: the Content-Security-Policy has the hash of this sheet alone. */
import { DARK, LIGHT, type Palette } from './palette.js'

export const STYLE: string = `
:root { color-scheme: light dark; ${variables(LIGHT)} }
@media screen and (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 60rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.01em }
h2 { margin: 3rem 0 .25rem; font-size: 1.15rem; line-height: 1.3; font-weight: 650 }
p { margin: .25rem 0 0; max-width: 42rem }
.soft, figcaption, caption, footer { color: var(--soft); font-size: .875rem }
.lead { margin-top: 1.25rem; font-size: 1.125rem }
.notice { margin-top: 1rem; padding: .5rem 0 .5rem .9rem; border-left: 3px solid var(--quarantine) }
dl { display: grid; grid-template-columns: repeat(6, 1fr); gap: 1.25rem 1rem; margin: 1.75rem 0 0 }
dl > div { padding-top: .5rem; border-top: 2px solid var(--rule) }
dl > .accept { border-color: var(--accept) } dl > .refuse { border-color: var(--refuse) }
dl > .quarantine { border-color: var(--quarantine) } dl > .discard { border-color: var(--discard) }
dl > .defer { border-color: var(--defer) }
dt { color: var(--soft); font-size: .875rem }
dd { margin: 0; font-size: 1.5rem; line-height: 1.25; font-weight: 600; letter-spacing: -.01em }
dd + dd { font-size: .875rem; font-weight: 400; color: var(--soft); letter-spacing: 0 }

figure { margin: 1rem 0 0 }
.plot { display: grid; grid-template-columns: auto 1fr; column-gap: .6rem }
.axis { display: flex; flex-direction: column; justify-content: space-between; min-width: 3.25rem; height: calc(11rem + 1em); margin: -.5em 0;
  color: var(--soft); font-size: .75rem; line-height: 1; text-align: right }
svg { display: block; overflow: visible; width: 100% }
.plot svg { height: 11rem }
.ticks { grid-column: 2; position: relative; height: 1.6rem }
.ticks svg { height: 1.6rem }
svg text { fill: var(--soft); font-size: .75rem; text-anchor: middle }
svg line { stroke: var(--rule); stroke-width: 1; shape-rendering: crispEdges }
.hit { fill: transparent } g:hover > .hit { fill: var(--rule); fill-opacity: .5 }
.accept { fill: var(--accept) } .refuse { fill: var(--refuse) } .quarantine { fill: var(--quarantine) }
.discard { fill: var(--discard) } .defer { fill: var(--defer) }
.p95, .p99 { fill: var(--accept) } .p50 { fill: var(--ink) }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0 0; padding: 0; list-style: none; color: var(--soft); font-size: .875rem }
.legend svg { display: inline-block; width: .7rem; height: .7rem; margin-right: .4rem }

.scroll {
  overflow-x: auto; margin-top: .75rem;
  background: linear-gradient(to left, var(--paper) 40%, transparent) right / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--rule), transparent) right / .75rem 100% no-repeat scroll;
}
.scroll tr > :first-child { position: sticky; left: 0; background: var(--paper) }
table { border-collapse: collapse; width: 100%; font-size: .875rem; line-height: 1.35 }
th, td { padding: .35rem .5rem; text-align: right; vertical-align: top; white-space: nowrap; border-bottom: 1px solid var(--rule) }
th:first-child, td:first-child { padding-left: 0 } th:last-child, td:last-child { padding-right: 0 }
th { font-weight: 400; color: var(--soft) } thead th { vertical-align: bottom; border-bottom-color: var(--soft) }
tbody th { color: var(--ink) } tbody .soft { font-size: .8125rem }
.left { text-align: left } .words { text-align: left; white-space: normal; overflow-wrap: anywhere; width: 100% }
.zero { color: var(--soft) }
code { font: .8125rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace }
td svg { width: 5rem; height: .6rem; display: inline-block }
.heat table { table-layout: fixed; border-collapse: separate; border-spacing: 2px; font-size: clamp(.5rem, 1.15vw, .6875rem) }
.heat th, .heat td { padding: .35rem 0; border: 0; text-align: center; overflow: hidden }
.heat tr > :first-child { width: 2.25rem; text-align: left }
${LIGHT.heat.map((_, level) => `.heat .h${level} { background: var(--heat-${level}); color: var(--heat-text-${level}) }`).join('\n')}
details { margin-top: .75rem } summary { cursor: pointer; color: var(--soft); font-size: .875rem }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule) }
footer p { max-width: none }

@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem }
  h1 { font-size: 1.4rem }
  .minor { display: none }
  dl { grid-template-columns: repeat(2, 1fr) }
  .heat table { border-spacing: 1px }
  .heat td { color: transparent; font-size: 0; height: 1.4rem }
  .heat thead th { font-size: .625rem; overflow: visible } .heat thead .minor { display: table-cell; visibility: hidden }
}
@media print {
  @page { margin: 16mm 14mm }
  :root { font-size: 9pt }
  body { padding: 0; max-width: none }
  .heat table { font-size: 6pt }
  .scroll { overflow: visible; background: none } .left { white-space: normal; overflow-wrap: anywhere }
  .heat td, .legend svg { print-color-adjust: exact; -webkit-print-color-adjust: exact }
  h2 { break-after: avoid } figure, dl, tr { break-inside: avoid }
}
`

function variables({ heat, ...colours }: Palette): string {
  const plain = Object.entries(colours).map(([name, colour]) => `--${name}: ${colour}`)
  const cells = heat.flatMap(([cell, text], level) => [`--heat-${level}: ${cell}`, `--heat-text-${level}: ${text}`])
  return [...plain, ...cells].join('; ')
}
