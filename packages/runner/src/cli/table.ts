/**
 * Formats rows as a table. On a terminal the table is as wide as the terminal, and long cells are wrapped. In a pipe or a file
 * each row is one line, however long, so that grep(1) and awk(1) can process it. It draws no boxes, so it works in every locale.
 */

/** Blanks between two columns. */
const GAP = 2

/** The minimum width of a column. If the columns still do not fit, the table is wider than the terminal. */
const MIN_WIDTH = 8

/** Characters that a terminal shows two columns wide (Unicode Standard Annex 11). Half-width forms are excluded. */
const WIDE =
  /(?![\uff61-\uffdc])[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60]/u

/** Splits text into graphemes: a letter with its accents is one, and an emoji of several code points too. */
const graphemes = new Intl.Segmenter()

/**
 * The table as text. A column that is empty in all rows is left out. `columns` is the width of the terminal in characters;
 * undefined where there is no terminal.
 */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | undefined = process.stdout.isTTY ? process.stdout.columns : undefined,
): string {
  const used = head.map((_, at) => rows.length === 0 || rows.some((row) => (row[at] ?? '') !== ''))
  const table = [head, ...rows].map((row) =>
    linesOf(
      row.filter((_, at) => used[at]),
      columns,
    ),
  )
  const natural = (table[0] ?? []).map((_, at) => Math.max(...table.flatMap((row) => row[at] ?? []).map(widthOf)))
  const widths = columns === undefined ? natural : narrowed(natural, columns)
  return table.flatMap((row) => printRow(row, widths)).join('\n')
}

/** The cells of a row; each cell is a list of lines. */
type Row = readonly (readonly string[])[]

function linesOf(row: readonly string[], columns: number | undefined): Row {
  return row.map((cell) => (columns === undefined ? [cell.replaceAll('\n', ', ')] : cell.split('\n')))
}

function printRow(row: Row, widths: readonly number[]): readonly string[] {
  const cells = row.map((lines, at) => lines.flatMap((line) => wrap(line, widths[at] ?? 0)))
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, n) =>
    cells
      .map((lines, at) => pad(lines[n] ?? '', (widths[at] ?? 0) + GAP))
      .join('')
      .trimEnd(),
  )
}

/** Cuts a line into pieces that fit into the width. */
function wrap(line: string, width: number): readonly string[] {
  const pieces = ['']
  for (const { segment } of graphemes.segment(line)) {
    const piece = pieces.at(-1) ?? ''
    if (widthOf(piece + segment) <= width) pieces[pieces.length - 1] = piece + segment
    else pieces.push(segment)
  }
  return pieces
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

function widthOf(text: string): number {
  return [...graphemes.segment(text)].reduce((sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1), 0)
}

/** Reduces the widest columns until the table fits. */
function narrowed(natural: readonly number[], columns: number): readonly number[] {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, width) => sum + width + GAP, 0)
  while (total() > columns) {
    const widest = Math.max(...widths)
    if (widest <= MIN_WIDTH) break
    widths[widths.indexOf(widest)] = widest - 1
  }
  return widths
}
