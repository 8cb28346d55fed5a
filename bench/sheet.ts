/** A table, for a terminal and for a page. */
import Table from 'cli-table3'

/** A heading, and as many cells in every row. */
export interface Sheet {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export function toTerminal({ head, rows }: Sheet): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  table.push(...rows.map((row) => [...row]))
  return table.toString()
}

/** As the formatter of this repository wants it: columns of one width. */
export function toMarkdown({ head, rows }: Sheet): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
