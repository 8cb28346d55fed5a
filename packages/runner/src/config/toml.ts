/**
 * A TOML 1.0 document that knows where each of its keys and values stands, so that every complaint can point.
 *
 * The parser counts columns from 0 and names an unfinished line by the start of the next one; both are put right here.
 * It also would let `__proto__` reach the prototype of every object, so that key is refused before values are made.
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
  /** Where the key of a path stands; of a path that isn't there, its nearest parent that is. */
  key(path: TomlPath): Position
  /** Where the value of a path stands, in the same way. */
  position(path: TomlPath): Position
}

interface Entry {
  readonly key: Position
  readonly value: Position
}

/** What the parser says, where an operator who doesn't know TOML's terms would wonder. */
const PLAINER: Readonly<Record<string, string>> = {
  'Unspecified values are invalid': 'the value is missing',
  'Expected equal (=) token': 'a key needs " = " and a value',
  'Unexpected character': 'unexpected character (a text stands in quotes)',
  'Defining a key multiple times is invalid': 'this key is there already',
  'Unterminated string constant': 'the closing quote is missing',
  'Unterminated table-key': 'the closing bracket is missing',
}

const TOP: Position = { line: 1, column: 1 }

/** Arrays and tables inside each other, and parts of a dotted key. The parser calls itself for each, until the stack ends. */
const DEPTH_LIMIT = 64

/** Strings and comments, in which brackets mean nothing; and brackets (TOML 1.0, "Comment", "String"). */
const TOKEN = /"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?|#.*|[[{]|[\]}]/g

/** Reads a document. What is wrong with its syntax goes to `problems`, and then there is no document. */
export function parseDocument(text: string, file: string, problems: Problem[]): TomlDocument | undefined {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text
  const deep = deepest(source)
  if (deep !== undefined) {
    problems.push({ file, ...deep, what: `more than ${DEPTH_LIMIT} arrays and tables inside each other` })
    return undefined
  }
  let program: AST.TOMLProgram
  try {
    program = parseTOML(source, { tomlVersion: '1.0' })
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    problems.push({ file, ...errorPosition(source, error), what: PLAINER[error.message] ?? lowerFirst(error.message) })
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

/** A path as an operator reads it: `options.rules[0].name`. */
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

  /** `full` may hold an array's indices, which no part of a table's header names: they stand where the key before does. */
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

/** Where brackets open too deep inside each other, if anywhere. */
function deepest(source: string): Position | undefined {
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

/** A value that never came is missed at the start of the next line; the operator should look at the end of this one. */
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
