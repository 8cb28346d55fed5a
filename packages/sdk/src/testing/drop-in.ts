/**
 * Reads which keys a drop-in shows, whether they are in force or commented out, which a TOML parser cannot do. It reads the form in
 * which packages ship drop-ins: one `key = value` or one `[table]` on a line, either of them perhaps behind one `#`. Keys are bare or
 * dotted, without quotes. Of a value that continues on further lines it reads the first line. Any other line counts as a comment.
 */

export interface DropInKey {
  /** The name of the table and the key, for example `['options', 'address']`. */
  readonly path: readonly string[]
  /** The value as it is written, without a trailing comment. */
  readonly value: string
  /** Whether the line is in force and not commented out. */
  readonly inForce: boolean
  /** Counted from 1. */
  readonly line: number
}

const TABLE = /^\[([\w.-]+)\]\s*(?:#.*)?$/
/** A key, with something behind `=` that begins like a value: prose such as `# size = how large` is no key. */
const KEY = /^([\w-]+(?:\.[\w-]+)*)\s*=\s*((?:["'[{]|[+-]?\d|true\b|false\b).*)$/

export function readDropIn(text: string): readonly DropInKey[] {
  const keys: DropInKey[] = []
  let table: readonly string[] = []
  text.split(/\r?\n/).forEach((whole, index) => {
    const line = whole.trim().replace(/^#\s?/, '')
    const inForce = !whole.trim().startsWith('#')
    const name = TABLE.exec(line)?.[1]
    if (name !== undefined) table = name.split('.')
    const [, key, value] = KEY.exec(line) ?? []
    if (key === undefined || value === undefined) return
    keys.push({ path: [...table, ...key.split('.')], value: withoutComment(value), inForce, line: index + 1 })
  })
  return keys
}

/** The value if it is a string, a number, a boolean or a one-line array of these; undefined if it is anything else. */
export function plainValue({ value }: DropInKey): unknown {
  const json = /^'[^']*'$/.test(value) ? JSON.stringify(value.slice(1, -1)) : value.replace(/(?<=\d)_(?=\d)/g, '')
  try {
    return JSON.parse(json.replace(/,\s*\]$/, ']'))
  } catch {
    return undefined
  }
}

/** Removes a `# comment` after the value. A `#` inside a string begins no comment. */
function withoutComment(value: string): string {
  return (/^(?:"(?:\\.|[^"\\])*"|'[^']*'|[^#"'])*/.exec(value)?.[0] ?? value).trim()
}
