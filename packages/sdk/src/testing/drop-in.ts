/**
 * Reads which keys a drop-in has, live or commented out. Not a TOML parser: it knows the drop-ins that packages ship, one
 * `key = value` a line, tables in `[brackets]`, either of them commented with one `#`. Bare keys, dotted or not; a value
 * that goes on over several lines is known by its first. A line it cannot make out is a comment to it.
 */

export interface DropInKey {
  /** The table's name and the key, `['options', 'address']` say. */
  readonly path: readonly string[]
  /** The value as it is written, without a trailing comment. */
  readonly value: string
  /** Whether the line is in force, not commented out. */
  readonly live: boolean
  /** Counted from 1. */
  readonly line: number
}

const TABLE = /^\[([\w.-]+)\]\s*(?:#.*)?$/
/** What begins like a value: prose such as `# size = how large` is no key. */
const KEY = /^([\w-]+(?:\.[\w-]+)*)\s*=\s*((?:["'[{]|[+-]?\d|true\b|false\b).*)$/

export function readDropIn(text: string): readonly DropInKey[] {
  const keys: DropInKey[] = []
  let table: readonly string[] = []
  text.split(/\r?\n/).forEach((whole, index) => {
    const line = whole.trim().replace(/^#\s?/, '')
    const live = !whole.trim().startsWith('#')
    const name = TABLE.exec(line)?.[1]
    if (name !== undefined) table = name.split('.')
    const [, key, value] = KEY.exec(line) ?? []
    if (key === undefined || value === undefined) return
    keys.push({ path: [...table, ...key.split('.')], value: withoutComment(value), live, line: index + 1 })
  })
  return keys
}

/**
 * The value, where it is a string, a number, a boolean or a one-line array of these; undefined where it is anything else.
 */
export function plainValue({ value }: DropInKey): unknown {
  const json = /^'[^']*'$/.test(value) ? JSON.stringify(value.slice(1, -1)) : value.replace(/(?<=\d)_(?=\d)/g, '')
  try {
    return JSON.parse(json.replace(/,\s*\]$/, ']'))
  } catch {
    return undefined
  }
}

/** Cuts a `# comment` off that does not stand inside a string. */
function withoutComment(value: string): string {
  return (/^(?:"(?:\\.|[^"\\])*"|'[^']*'|[^#"'])*/.exec(value)?.[0] ?? value).trim()
}
