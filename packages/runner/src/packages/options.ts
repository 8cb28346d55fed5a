/** Checks the options that an operator wrote: reports unknown keys, and validates the others for `create`. */
import type { SchemaIssue, StandardSchemaV1 } from '@candy/sdk'
import { nearest } from '../config/nearest.js'
import { POLICY_KEYS } from '../config/policy.js'
import { type Problem, reason } from '../config/problem.js'
import { isTable } from '../config/section.js'
import { printPath, type TomlDocument, type TomlPath, type TomlTable } from '../config/toml.js'
import { type JsonSchema, knownOptions, type UnknownKey, unknownKeys } from './known-keys.js'

/** Keys of the drop-in itself. In TOML they become options when they are written below the line `[options]`. */
const DROP_IN_KEYS: readonly string[] = ['filter', 'enabled', ...POLICY_KEYS]

/** The options of a drop-in, or those of a rule together with the options of the drop-in that the rule does not set. */
export interface OptionSet {
  /** As written, without the unknown keys. */
  readonly written: TomlTable
  readonly validated: unknown
}

/** Validates the options of one drop-in with the schema of its package. Everything that is wrong is added to `problems`. */
export class OptionsReader {
  readonly #document: TomlDocument
  readonly #schema: StandardSchemaV1
  readonly #directory: string
  readonly #problems: Problem[]
  /** The issues that were reported: an option of `[options]` is validated again for each rule, and reported once. */
  readonly #reported = new Set<string>()
  #known: { readonly keys: JsonSchema | undefined } | undefined

  /** `directory` is the directory of the package. */
  constructor(document: TomlDocument, schema: StandardSchemaV1, directory: string, problems: Problem[]) {
    this.#document = document
    this.#schema = schema
    this.#directory = directory
    this.#problems = problems
  }

  /** Validates the options at the path `at`, merged over those of a set that was read before. */
  async read(at: TomlPath, options: TomlTable, below: TomlTable = {}): Promise<OptionSet> {
    const unknown = this.#unknownKeys(options)
    const misspelt = new Set<string>()
    for (const key of unknown) {
      const problem = this.#unknownKeyProblem(at, key)
      this.#problems.push(problem)
      if (problem.hint !== undefined) misspelt.add(printPath([...key.path.slice(0, -1), problem.hint]))
    }
    const written = merge(without(options, unknown) as TomlTable, below)
    try {
      const result = await this.#schema['~standard'].validate(written)
      if (result.issues === undefined) return { written, validated: result.value }
      for (const issue of result.issues) {
        const path = issuePath(issue)
        // A key that is missing because it is misspelt was reported as unknown already.
        if (!misspelt.has(printPath(path))) this.#report(at, path, lowerFirst(issue.message))
      }
    } catch (error) {
      this.#report(at, [], `cannot be checked: ${reason(error)}`)
    }
    return { written, validated: undefined }
  }

  #unknownKeys(options: TomlTable): readonly UnknownKey[] {
    if (Object.keys(options).length === 0) return []
    this.#known ??= { keys: knownOptions(this.#schema, this.#directory) }
    return this.#known.keys === undefined ? [] : unknownKeys(options, this.#known.keys)
  }

  #report(at: TomlPath, path: TomlPath, what: string): void {
    const issue = `${printPath(path)}: ${what}`
    if (this.#reported.has(issue)) return
    this.#reported.add(issue)
    const full = [...at, ...path]
    const place = { file: this.#document.file, ...this.#document.position(full) }
    this.#problems.push({ ...place, key: printPath(full), what })
  }

  #unknownKeyProblem(at: TomlPath, key: UnknownKey): Problem {
    const path = [...at, ...key.path]
    const name = String(path.at(-1))
    const where = { file: this.#document.file, ...this.#document.key(path), key: printPath(path) }
    const hint = nearest(name, key.known)
    if (hint !== undefined) return { ...where, what: 'unknown key', hint }
    if (key.path.length === 1 && DROP_IN_KEYS.includes(name)) {
      return { ...where, what: `unknown key: it belongs above [${printPath(at)}]` }
    }
    const keys = key.known.length === 0 ? 'none' : key.known.join(', ')
    return { ...where, what: `unknown key (there are: ${keys})` }
  }
}

/** The path of an issue. Its segments are keys or `{ key }` (Standard Schema, "Issue.path"). */
function issuePath(issue: SchemaIssue): TomlPath {
  const parts = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return parts.map((part) => (typeof part === 'number' ? part : String(part)))
}

/** Removes the unknown keys, so that a strict schema does not report them a second time. */
function without(value: unknown, unknown: readonly UnknownKey[], path: TomlPath = []): unknown {
  if (unknown.length === 0) return value
  if (Array.isArray(value)) return value.map((element, at) => without(element, unknown, [...path, at]))
  if (!isTable(value)) return value
  const unknownPaths = new Set(unknown.map((key) => printPath(key.path)))
  const kept = Object.entries(value).filter(([key]) => !unknownPaths.has(printPath([...path, key])))
  return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, unknown, [...path, key])]))
}

/** Merges two tables key by key, and so the tables inside them. For any other value, the one of `over` is used. */
function merge(over: TomlTable, below: TomlTable): TomlTable {
  const merged = Object.entries(over).map(([key, value]): [string, unknown] => {
    const under = Object.hasOwn(below, key) ? below[key] : undefined
    return [key, isTable(value) && isTable(under) ? merge(value, under) : value]
  })
  return { ...below, ...Object.fromEntries(merged) }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
