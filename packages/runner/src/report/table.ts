/** Tables of the report. They are wider than a phone now and then, and then scroll by themselves. */
import { formatCount } from './format.js'
import { type Markup, markup, type Part } from './markup.js'

/** How a column is set: numbers at the right, words so that they wrap, and short things at the left that do not. */
type Kind = 'number' | 'words' | 'left'

export interface TableColumn<Row> {
  readonly head: string
  readonly kind: Kind
  readonly cell: (row: Row) => Part
}

/** The first column names the rows. */
export function drawTable<Row>(caption: string, columns: readonly TableColumn<Row>[], rows: readonly Row[]): Markup {
  const heads = columns.map(({ head, kind }) => markup`<th scope="col" class="${kind}">${head}</th>`)
  const lines = rows.map(
    (row) => markup`<tr>${columns.map((column, index) => drawCell(column, row, index))}</tr>
`,
  )
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><thead><tr>${heads}</tr></thead><tbody>
${lines}</tbody></table></div>`
}

function drawCell<Row>({ kind, cell }: TableColumn<Row>, row: Row, index: number): Markup {
  const content = cell(row)
  return index === 0
    ? markup`<th scope="row" class="${kind}">${content}</th>`
    : markup`<td class="${kind}">${content}</td>`
}

/** A column of numbers, in which 0 is less conspicuous. */
export function countColumn<Row>(head: string, count: (row: Row) => number): TableColumn<Row> {
  return {
    head,
    kind: 'number',
    cell: (row) => (count(row) === 0 ? markup`<span class="zero">0</span>` : formatCount(count(row))),
  }
}
