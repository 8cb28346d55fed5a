/** What a run of the demo has printed, as a picture of a terminal, readable on light and on dark backgrounds. */

const LINE = 19
const CHARACTER = 7.8
const MARGIN = 16
const TITLE = 34

/** Words that stand in a colour, wherever they stand. */
const COLOURS: Readonly<Record<string, string>> = { delivered: 'good', quarantined: 'held', identical: 'good' }

const STYLE = `
.window { fill: #f6f8fa; stroke: #d0d7de } .light { fill: #d0d7de }
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #24292f; white-space: pre }
.good { fill: #1a7f37 } .held { fill: #9a6700 } .command { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  .window { fill: #161b22; stroke: #30363d } .light { fill: #30363d }
  text { fill: #e6edf3 } .good { fill: #3fb950 } .held { fill: #d29922 }
}`

/** `command` is what was typed, `lines` is what it printed. */
export function drawTerminal(command: string, lines: readonly string[]): string {
  const width = Math.ceil(Math.max(...lines.map(({ length }) => length)) * CHARACTER) + 2 * MARGIN
  const height = TITLE + (lines.length + 1) * LINE + MARGIN
  const lights = [0, 1, 2].map((at) => `<circle class="light" cx="${MARGIN + 6 + at * 18}" cy="18" r="6"/>`)
  const rows = lines.map((line, at) => drawLine(at + 1, colour(line)))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>What ${quote(command)} prints</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...lights,
    drawLine(0, `<tspan class="command">$ ${quote(command)}</tspan>`),
    ...rows,
    '</svg>\n',
  ].join('\n')
}

/** The lines that a picture shows. */
export function readTerminal(picture: string): readonly string[] {
  const rows = picture.matchAll(/<text [^>]*>(.*)<\/text>/g)
  return Array.from(rows, ([, text = '']) => unquote(text.replace(/<[^>]*>/g, '')))
}

function drawLine(row: number, text: string): string {
  return `<text xml:space="preserve" x="${MARGIN}" y="${TITLE + row * LINE + 15}">${text}</text>`
}

function colour(line: string): string {
  return quote(line).replace(/\w+/g, (word) => {
    const name = COLOURS[word]
    return name === undefined ? word : `<tspan class="${name}">${word}</tspan>`
  })
}

function quote(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function unquote(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
