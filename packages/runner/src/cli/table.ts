/**
 * Rows in columns, for people: as wide as the terminal, with long cells on several lines; in a pipe or a file one line a row,
 * however long, so that grep(1) and awk(1) can work on it. No boxes are drawn, so every locale shows it.
 */
import Table from 'cli-table3'

/** Blanks between two columns. */
const GAP = 2

/** A column is never narrower than this (characters), and the terminal's width is exceeded instead. */
const NARROWEST = 8

const CORNERS = ['top-left', 'top-mid', 'top-right', 'bottom-left', 'bottom-mid', 'bottom-right'] as const
const LINES = ['top', 'bottom', 'mid', 'left-mid', 'mid-mid', 'right-mid', 'left', 'right', 'middle'] as const

/**
 * A column that is empty in all rows is left out. `columns` is the width of the terminal in characters; undefined where there
 * is none.
 */
export function printTable(
  allHead: readonly string[],
  allRows: readonly (readonly string[])[],
  columns: number | undefined = process.stdout.isTTY ? process.stdout.columns : undefined,
): string {
  const used = allHead.map((_, at) => allRows.length === 0 || allRows.some((row) => (row[at] ?? '') !== ''))
  const [head = [], ...rows] = [allHead, ...allRows].map((row) => row.filter((_, at) => used[at]))
  const natural = head.map((_, at) => Math.max(...[head, ...rows].map((row) => widthOf(row[at] ?? '', columns))))
  const table = new Table({
    head: [...head],
    chars: Object.fromEntries([...CORNERS, ...LINES].map((name) => [name, ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colWidths: (columns === undefined ? natural : narrowed(natural, columns)).map((width) => width + GAP),
    wordWrap: columns !== undefined,
    wrapOnWordBoundary: false,
  })
  for (const row of rows) table.push(row.map((cell) => (columns === undefined ? cell.replaceAll('\n', ', ') : cell)))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function widthOf(cell: string, columns: number | undefined): number {
  if (columns === undefined) return cell.replaceAll('\n', ', ').length
  return Math.max(...cell.split('\n').map((line) => line.length))
}

/** Takes from the widest columns what is too much. */
function narrowed(natural: readonly number[], columns: number): readonly number[] {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, width) => sum + width + GAP, 0)
  while (total() > columns) {
    const widest = Math.max(...widths)
    if (widest <= NARROWEST) break
    widths[widths.indexOf(widest)] = widest - 1
  }
  return widths
}
