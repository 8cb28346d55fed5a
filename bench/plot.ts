/** The lanes of README.md as a picture: bars beside each other, readable on light and on dark backgrounds. A bar is all there is to draw. */
import { SIZES } from './message.js'
import { overviewOf } from './overview.js'
import type { Report, Row } from './report.js'

const WIDTH = 990
const NAMES = 300
const BAR = 14
const LINE = 22
const TOP = 58

interface Panel {
  readonly title: string
  readonly left: number
  readonly width: number
  readonly digits: number
  value(row: Row): number | undefined
}

const PANELS: readonly Panel[] = [
  ...SIZES.map((size, index): Panel => {
    const value = ({ workloads }: Row): number | undefined => workloads[size].ofNoFilter
    return { title: `${size}, x no filter`, left: NAMES + index * 170, width: 110, digits: 2, value }
  }),
  { title: 'lone message, p50 ms', left: NAMES + 510, width: 90, digits: 1, value: ({ alone }) => alone.p50 },
]

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.limit { fill: #8c959f } .candy { fill: #1f7a4d } .rival { fill: #bc6a1f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .limit { fill: #768390 } .candy { fill: #3fb77f } .rival { fill: #e09b4f }
}`

export function drawReport(report: Report): string {
  const { about } = report
  const lanes = overviewOf(report)
  const height = TOP + lanes.length * LINE + 8
  const legend = ['limit', 'candy', 'rival'].map((kind, index) => {
    const x = 8 + index * 70
    return `<rect class="${kind}" x="${x}" y="32" width="10" height="10" rx="2"/><text x="${x + 15}" y="41">${kind}</text>`
  })
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${quote(about)}</title>`,
    `<style>${STYLE}</style>`,
    text(8, 18, about),
    ...legend,
    ...lanes.map((row, index) => text(8, TOP + index * LINE + 15, row.lane)),
    ...PANELS.flatMap((panel) => drawPanel(panel, lanes)),
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

function drawPanel({ title, left, width, digits, value }: Panel, lanes: readonly Row[]): readonly string[] {
  const most = Math.max(...lanes.map((row) => value(row) ?? 0))
  const bars = lanes.map((row, index) => {
    const here = value(row)
    if (here === undefined) return ''
    const y = TOP + index * LINE + 4
    const length = ((here / most) * width).toFixed(1)
    const bar = `<rect class="${row.kind}" x="${left}" y="${y}" width="${length}" height="${BAR}" rx="2"/>`
    return `${bar}${text(left + Number(length) + 5, y + 11, here.toFixed(digits))}`
  })
  return [text(left, 41, title, 'title'), ...bars]
}

function text(x: number, y: number, words: string, name?: string): string {
  const as = name === undefined ? '' : ` class="${name}"`
  return `<text${as} x="${x.toFixed(1)}" y="${y}">${quote(words)}</text>`
}

function quote(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
