/** From `[options]` as the operator wrote them to what `create` gets: strangers named, the rest validated. */
import type { SchemaIssue, StandardSchemaV1 } from '@candy/sdk'
import type { DropIn } from './drop-in.js'
import { knownOptions, type UnknownKey, unknownKeys } from './known-keys.js'
import { nearest } from './nearest.js'
import { type Problem, reason } from './problem.js'
import { isTable } from './section.js'
import { printPath, type TomlPath } from './toml.js'

/** Keys of the drop-in itself, which slip under `[options]` when they are written below it. */
const ABOVE = ['filter', 'timeout', 'max_size', 'on_error', 'on_reject', 'on_quarantine']

/** Validates a drop-in's options against the schema of the package in `directory`; what is wrong goes to `problems`. */
export async function readOptions(
  dropIn: DropIn,
  schema: StandardSchemaV1,
  directory: string,
  problems: Problem[],
): Promise<unknown> {
  const known = Object.keys(dropIn.options).length > 0 ? knownOptions(schema, directory) : undefined
  const strangers = known === undefined ? [] : unknownKeys(dropIn.options, known)
  const meant = new Set<string>()
  for (const stranger of strangers) {
    const problem = complain(dropIn, stranger)
    problems.push(problem)
    if (problem.hint !== undefined) meant.add(printPath(['options', ...stranger.path.slice(0, -1), problem.hint]))
  }
  try {
    const result = await schema['~standard'].validate(without(dropIn.options, strangers))
    if (result.issues === undefined) return result.value
    for (const issue of result.issues) {
      const path = issuePath(issue)
      // A key that is missing because it is misspelt was said already.
      if (meant.has(printPath(path))) continue
      problems.push({ ...place(dropIn, path), key: printPath(path), what: lowerFirst(issue.message) })
    }
  } catch (error) {
    problems.push({ ...place(dropIn, ['options']), key: 'options', what: `cannot be checked: ${reason(error)}` })
  }
  return undefined
}

function complain(dropIn: DropIn, stranger: UnknownKey): Problem {
  const path = ['options', ...stranger.path]
  const name = String(path.at(-1))
  const where = { file: dropIn.document.file, ...dropIn.document.key(path), key: printPath(path) }
  const hint = nearest(name, stranger.known)
  if (hint !== undefined) return { ...where, what: 'unknown key', hint }
  if (path.length === 2 && ABOVE.includes(name)) return { ...where, what: 'unknown key: it belongs above [options]' }
  const keys = stranger.known.length === 0 ? 'none' : stranger.known.join(', ')
  return { ...where, what: `unknown key (there are: ${keys})` }
}

function place(dropIn: DropIn, path: TomlPath): { file: string; line: number; column: number } {
  return { file: dropIn.document.file, ...dropIn.document.position(path) }
}

/** Segments are keys or `{ key }` (Standard Schema, "Issue.path"). */
function issuePath(issue: SchemaIssue): TomlPath {
  const parts = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return ['options', ...parts.map((part) => (typeof part === 'number' ? part : String(part)))]
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

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
