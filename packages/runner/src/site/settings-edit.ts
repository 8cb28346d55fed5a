/** Changing the mode in candy.toml and nothing else: the operator's other lines, comments and order stay as they are. */
import type { Problem } from './problem.js'
import { parseDocument } from './toml.js'

export interface ModeSettings {
  readonly mode: 'pipe' | 'smtp'
  readonly queue: 'after' | 'before'
}

/** A new candy.toml. */
export function makeSettings({ mode, queue }: ModeSettings, state: string): string {
  return `# How candy works on this host. Every key, with its default: docs/candy-toml.md.
mode = "${mode}"
state = ${JSON.stringify(state)}

[smtp]
queue = "${queue}"
`
}

/** The text with this mode; it must be a sound document. */
export function withMode(text: string, { mode, queue }: ModeSettings): string {
  return withValue(withValue(text, [], 'mode', mode), ['smtp'], 'queue', queue)
}

function withValue(text: string, table: readonly string[], key: string, value: string): string {
  const problems: Problem[] = []
  const document = parseDocument(text, 'candy.toml', problems)
  if (document === undefined) throw new Error('candy.toml is no TOML document')
  const parent = table.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)?.[name], document.value)
  const present = (parent as Record<string, unknown> | undefined)?.[key]
  if (present === value) return text
  const line = `${key} = "${value}"\n`
  if (present !== undefined) {
    const at = offsetOf(text, document.position([...table, key]))
    return text.slice(0, at) + text.slice(at).replace(/^"[^"]*"|^'[^']*'/, `"${value}"`)
  }
  if (table.length === 0) return line + text
  const header = new RegExp(`^[ \\t]*\\[[ \\t]*${table.join('.')}[ \\t]*\\].*\\n`, 'm').exec(text)
  if (header === null) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}\n[${table.join('.')}]\n${line}`
  const end = header.index + header[0].length
  return text.slice(0, end) + line + text.slice(end)
}

/** Lines and columns count from 1. */
function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  let start = 0
  for (let at = 1; at < line; at++) start = text.indexOf('\n', start) + 1
  return start + column - 1
}
