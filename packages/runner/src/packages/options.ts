/** From options as the operator wrote them to what `create` gets: strangers named, the rest validated. */
import type { SchemaIssue, StandardSchemaV1 } from '@candy/sdk'
import { nearest } from '../config/nearest.js'
import { POLICY_KEYS } from '../config/policy.js'
import { type Problem, reason } from '../config/problem.js'
import { isTable } from '../config/section.js'
import { printPath, type TomlDocument, type TomlPath, type TomlTable } from '../config/toml.js'
import { type JsonSchema, knownOptions, type UnknownKey, unknownKeys } from './known-keys.js'

/** Keys that slip under `options` when they are written below it. */
const ABOVE: readonly string[] = ['filter', 'enabled', ...POLICY_KEYS]

/** What stands under `[options]`, or under the options of a rule, and then with the former below it. */
export interface OptionSet {
  /** Without the keys that nobody knows. */
  readonly written: TomlTable
  readonly validated: unknown
}

/** Options of one drop-in, held against the schema of its package. What is wrong goes to `problems`. */
export class OptionsReader {
  readonly #document: TomlDocument
  readonly #schema: StandardSchemaV1
  readonly #directory: string
  readonly #problems: Problem[]
  /** Issues that were named: what a rule has from `[options]` is not complained about twice. */
  readonly #named = new Set<string>()
  #known: { readonly keys: JsonSchema | undefined } | undefined

  /** `directory` is the package's. */
  constructor(document: TomlDocument, schema: StandardSchemaV1, directory: string, problems: Problem[]) {
    this.#document = document
    this.#schema = schema
    this.#directory = directory
    this.#problems = problems
  }

  /** Validates the options that stand at `at`, laid over those of a set that was read before. */
  async read(at: TomlPath, options: TomlTable, below: TomlTable = {}): Promise<OptionSet> {
    const strangers = this.#strangers(options)
    const meant = new Set<string>()
    for (const stranger of strangers) {
      const problem = this.#complain(at, stranger)
      this.#problems.push(problem)
      if (problem.hint !== undefined) meant.add(printPath([...stranger.path.slice(0, -1), problem.hint]))
    }
    const written = lay(without(options, strangers) as TomlTable, below)
    try {
      const result = await this.#schema['~standard'].validate(written)
      if (result.issues === undefined) return { written, validated: result.value }
      for (const issue of result.issues) {
        const path = issuePath(issue)
        // A key that is missing because it is misspelt was said already.
        if (!meant.has(printPath(path))) this.#name(at, path, lowerFirst(issue.message))
      }
    } catch (error) {
      this.#name(at, [], `cannot be checked: ${reason(error)}`)
    }
    return { written, validated: undefined }
  }

  #strangers(options: TomlTable): readonly UnknownKey[] {
    if (Object.keys(options).length === 0) return []
    this.#known ??= { keys: knownOptions(this.#schema, this.#directory) }
    return this.#known.keys === undefined ? [] : unknownKeys(options, this.#known.keys)
  }

  #name(at: TomlPath, path: TomlPath, what: string): void {
    const issue = `${printPath(path)}: ${what}`
    if (this.#named.has(issue)) return
    this.#named.add(issue)
    const full = [...at, ...path]
    const place = { file: this.#document.file, ...this.#document.position(full) }
    this.#problems.push({ ...place, key: printPath(full), what })
  }

  #complain(at: TomlPath, stranger: UnknownKey): Problem {
    const path = [...at, ...stranger.path]
    const name = String(path.at(-1))
    const where = { file: this.#document.file, ...this.#document.key(path), key: printPath(path) }
    const hint = nearest(name, stranger.known)
    if (hint !== undefined) return { ...where, what: 'unknown key', hint }
    if (stranger.path.length === 1 && ABOVE.includes(name)) {
      return { ...where, what: `unknown key: it belongs above [${printPath(at)}]` }
    }
    const keys = stranger.known.length === 0 ? 'none' : stranger.known.join(', ')
    return { ...where, what: `unknown key (there are: ${keys})` }
  }
}

/** Segments are keys or `{ key }` (Standard Schema, "Issue.path"). */
function issuePath(issue: SchemaIssue): TomlPath {
  const parts = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return parts.map((part) => (typeof part === 'number' ? part : String(part)))
}

/** The options without the unknown keys, so that a strict schema doesn't complain about them a second time. */
function without(value: unknown, strangers: readonly UnknownKey[], path: TomlPath = []): unknown {
  if (strangers.length === 0) return value
  if (Array.isArray(value)) return value.map((element, at) => without(element, strangers, [...path, at]))
  if (!isTable(value)) return value
  const unknown = new Set(strangers.map((stranger) => printPath(stranger.path)))
  const kept = Object.entries(value).filter(([key]) => !unknown.has(printPath([...path, key])))
  return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, strangers, [...path, key])]))
}

/** Key by key, tables too; every other value takes the place of the one below. */
function lay(over: TomlTable, below: TomlTable): TomlTable {
  const laid = Object.entries(over).map(([key, value]): [string, unknown] => {
    const under = Object.hasOwn(below, key) ? below[key] : undefined
    return [key, isTable(value) && isTable(under) ? lay(value, under) : value]
  })
  return { ...below, ...Object.fromEntries(laid) }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
