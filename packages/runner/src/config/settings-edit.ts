/** Changes the mode in the text of candy.toml, and nothing else: the operator's other lines, comments and order stay as they are. */
import { CandyError } from '@candy/sdk'
import type { Mode } from '../postfix/mode.js'
import { type Problem, printProblem } from './problem.js'
import { SETTINGS_TEMPLATE } from './settings-template.js'
import { parseDocument, type TomlDocument } from './toml.js'

export interface ModeSettings {
  readonly mode: Mode
  /** The value for `pipe.reinject`; written only when the operator has not set that key. */
  readonly reinject?: string
}

/** The text of a new candy.toml. */
export function makeSettings(settings: ModeSettings, state: string): string {
  const text = `# How candy works on this host; "candy mode" changes the mode.
mode = "${settings.mode}"
state = ${JSON.stringify(state)}
${SETTINGS_TEMPLATE}`
  return withMode(text, settings)
}

/** Returns the text with this mode. Throws `CONFIG` when the text is not TOML, or when a key cannot be put into it. */
export function withMode(text: string, { mode, reinject }: ModeSettings): string {
  const edited = withValue(text, [], 'mode', mode)
  if (reinject === undefined || valueIn(text, ['pipe'], 'reinject') !== undefined) return edited
  return withValue(edited, ['pipe'], 'reinject', reinject)
}

/** Whether the operator has set `pipe.reinject`. */
export function setsReinject(text: string): boolean {
  return valueIn(text, ['pipe'], 'reinject') !== undefined
}

function withValue(text: string, table: readonly string[], key: string, value: string): string {
  const changed = edit(text, table, key, value)
  if (parseDocument(changed, 'candy.toml', []) !== undefined && valueIn(changed, table, key) === value) return changed
  const name = [...table, key].join('.')
  throw new CandyError('CONFIG', `candy.toml has no place for ${name}: write ${name} = "${value}" there yourself`)
}

function edit(text: string, table: readonly string[], key: string, value: string): string {
  const present = valueIn(text, table, key)
  if (present === value) return text
  const line = `${key} = ${JSON.stringify(value)}\n`
  if (present !== undefined) {
    const at = offsetOf(text, read(text).position([...table, key]))
    return text.slice(0, at) + text.slice(at).replace(/^"[^"]*"|^'[^']*'/, `"${value}"`)
  }
  if (table.length === 0) return line + text
  const name = table.join('.')
  const header = new RegExp(`^[ \\t]*\\[[ \\t]*${name}[ \\t]*\\].*$`, 'm').exec(text)
  if (header === null) return `${endLine(text)}\n[${name}]\n${line}`
  const end = header.index + header[0].length
  return `${text.slice(0, end)}\n${line}${text.slice(end + 1)}`
}

function valueIn(text: string, table: readonly string[], key: string): unknown {
  const inside = (value: unknown, name: string): unknown =>
    (value as Readonly<Record<string, unknown>> | undefined)?.[name]
  return [...table, key].reduce<unknown>(inside, read(text).value)
}

function read(text: string): TomlDocument {
  const problems: Problem[] = []
  const document = parseDocument(text, 'candy.toml', problems)
  if (document === undefined) throw new CandyError('CONFIG', problems.map(printProblem).join('\n'))
  return document
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

/** The offset of a position in a text. Lines and columns count from 1. */
function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  let start = 0
  for (let at = 1; at < line; at++) start = text.indexOf('\n', start) + 1
  return start + column - 1
}
