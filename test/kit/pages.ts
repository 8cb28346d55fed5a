/** The pages of the documentation, and the tables in them, for the tests that compare them with the code. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The directory of the repository. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

export function readPage(path: string): string {
  return readFileSync(new URL(path, `file://${ROOT}`), 'utf8')
}

/** The rows of the table whose first column has this heading: cells by heading, as they are written. */
export function readTable(page: string, first: string): readonly Readonly<Record<string, string>>[] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith('|') && cells(line)[0] === first)
  if (start === -1) throw new Error(`no table whose first column is ${first}`)
  const heads = cells(lines[start] ?? '')
  const rows = lines.slice(start + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows
    .slice(0, end === -1 ? undefined : end)
    .map((line) => Object.fromEntries(cells(line).map((cell, column) => [heads[column] ?? '', cell])))
}

/** What stands between backticks. */
export function code(cell: string | undefined): string {
  return /`([^`]*)`/.exec(cell ?? '')?.[1] ?? ''
}

function cells(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim())
}
