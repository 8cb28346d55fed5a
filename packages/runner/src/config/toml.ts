/**
 * Parses TOML 1.0, and keeps the position of each key and value, so that every problem can name it.
 *
 * The parser counts columns from 0, and reports an unfinished line at the start of the next one; both are corrected here. With a key
 * `__proto__` it would change the prototype of an object, so that key is refused before values are made.
 */
import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser'
import type { Problem } from './problem.js'

export type TomlPath = readonly (string | number)[]
export type TomlTable = Readonly<Record<string, unknown>>

/** Line and column from 1. */
interface Position {
  readonly line: number
  readonly column: number
}

export interface TomlDocument {
  readonly file: string
  readonly value: TomlTable
  /** The position of the key of a path; when the path does not exist, that of its nearest parent that does. */
  key(path: TomlPath): Position
  /** The position of the value of a path, found in the same way. */
  position(path: TomlPath): Position
}

interface Entry {
  readonly key: Position
  readonly value: Position
}

/** Plainer texts for messages of the parser that only a person who knows TOML's terms would understand. */
const PLAIN_MESSAGES: Readonly<Record<string, string>> = {
  'Unspecified values are invalid': 'the value is missing',
  'Expected equal (=) token': 'a key needs " = " and a value',
  'Unexpected character': 'unexpected character (a text stands in quotes)',
  'Defining a key multiple times is invalid': 'this key is there already',
  'Unterminated string constant': 'the closing quote is missing',
  'Unterminated table-key': 'the closing bracket is missing',
}

const TOP: Position = { line: 1, column: 1 }

/** The largest depth of arrays and tables inside each other, and number of parts of a key. The parser recurses for each. */
const DEPTH_LIMIT = 64

/** Matches strings and comments, in which brackets do not count, and brackets (TOML 1.0, "Comment", "String"). */
const TOKEN = /"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?|#.*|[[{]|[\]}]/g

/** Parses a document. When its syntax is wrong, adds the problem to `problems` and returns undefined. */
export function parseDocument(text: string, file: string, problems: Problem[]): TomlDocument | undefined {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text
  const tooDeep = positionTooDeep(source)
  if (tooDeep !== undefined) {
    problems.push({ file, ...tooDeep, what: `more than ${DEPTH_LIMIT} arrays and tables inside each other` })
    return undefined
  }
  let program: AST.TOMLProgram
  try {
    program = parseTOML(source, { tomlVersion: '1.0' })
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    problems.push({
      file,
      ...errorPosition(source, error),
      what: PLAIN_MESSAGES[error.message] ?? lowerFirst(error.message),
    })
    return undefined
  }
  const index = new Index()
  index.add(program.body[0].body, [])
  if (index.prototypeKey !== undefined) {
    problems.push({ file, ...index.prototypeKey, key: '__proto__', what: 'this name cannot be a key' })
    return undefined
  }
  if (index.longKey !== undefined) {
    problems.push({ file, ...index.longKey, what: `a key of more than ${DEPTH_LIMIT} parts` })
    return undefined
  }
  const value: TomlTable = getStaticTOMLValue(program)
  return {
    file,
    value,
    key: (path) => index.find(path)?.key ?? TOP,
    position: (path) => index.find(path)?.value ?? TOP,
  }
}

/** Prints a path as `options.rules[0].name`. */
export function printPath(path: TomlPath): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${/^[\w-]+$/.test(part) ? part : JSON.stringify(part)}`))
    .join('')
    .replace(/^\./, '')
}

class Index {
  readonly #entries = new Map<string, Entry>()
  prototypeKey: Position | undefined
  longKey: Position | undefined

  find(path: TomlPath): Entry | undefined {
    for (let length = path.length; length > 0; length--) {
      const entry = this.#entries.get(JSON.stringify(path.slice(0, length)))
      if (entry !== undefined) return entry
    }
    return undefined
  }

  add(nodes: readonly (AST.TOMLKeyValue | AST.TOMLTable)[], path: TomlPath): void {
    for (const node of nodes) {
      if (node.type === 'TOMLTable') {
        this.#keys(node.key, [], node.resolvedKey)
        this.add(node.body, node.resolvedKey)
      } else {
        const full = [...path, ...node.key.keys.map(keyName)]
        this.#keys(node.key, path, full)
        this.#value(node.value, full)
      }
    }
  }

  /** `full` may contain indices of arrays, which a table's header does not name. Their position is that of the key before them. */
  #keys(key: AST.TOMLKey, path: TomlPath, full: TomlPath): void {
    const nodes = [...key.keys]
    let place = position(key)
    if (nodes.length > DEPTH_LIMIT) {
      this.longKey ??= place
      return
    }
    for (let length = path.length + 1; length <= full.length; length++) {
      const last = full[length - 1]
      if (typeof last === 'string') {
        const node = nodes.shift()
        if (node !== undefined) place = position(node)
        if (last === '__proto__') this.prototypeKey ??= place
      }
      const name = JSON.stringify(full.slice(0, length))
      if (!this.#entries.has(name)) this.#entries.set(name, { key: place, value: place })
    }
  }

  #value(node: AST.TOMLContentNode, path: TomlPath): void {
    const name = JSON.stringify(path)
    const value = position(node)
    this.#entries.set(name, { key: this.#entries.get(name)?.key ?? value, value })
    if (node.type === 'TOMLInlineTable') this.add(node.body, path)
    if (node.type === 'TOMLArray') {
      for (const [at, element] of node.elements.entries()) this.#value(element, [...path, at])
    }
  }
}

/** The position of the first bracket that is nested too deep; undefined when there is none. */
function positionTooDeep(source: string): Position | undefined {
  let depth = 0
  for (const { 0: token, index } of source.matchAll(TOKEN)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if (depth <= DEPTH_LIMIT) continue
    const before = source.slice(0, index).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
  return undefined
}

function keyName(node: AST.TOMLBare | AST.TOMLQuoted): string {
  return node.type === 'TOMLBare' ? node.name : node.value
}

function position(node: { readonly loc: AST.SourceLocation }): Position {
  return { line: node.loc.start.line, column: node.loc.start.column + 1 }
}

/** The position of a syntax error. A missing value is reported at the start of the next line; this returns the end of the line before. */
function errorPosition(source: string, error: ParseError): Position {
  const before = source.split(/\r?\n/, error.lineNumber - 1)
  let line = error.lineNumber
  while (error.column === 0 && line > 1 && /^(Unspecified|Expected equal|Unterminated)/.test(error.message)) {
    line--
    const text = before[line - 1] ?? ''
    if (text.trim() !== '') return { line, column: text.length + 1 }
  }
  return { line: error.lineNumber, column: error.column + 1 }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
