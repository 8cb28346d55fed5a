/**
 * A drop-in, `NN-name.toml`: which package filters, how long it may take, what becomes of mail, the filter's options, and
 * for whom all that is different.
 */
import { isAbsolute } from 'node:path'
import type { Policy } from '../chain/policy.js'
import { DEFAULT_POLICY, readPolicy } from './policy.js'
import type { Problem } from './problem.js'
import { type RecipientRule, readRules } from './recipient-rule.js'
import { Section } from './section.js'
import { parseDocument, type TomlDocument, type TomlTable } from './toml.js'

export interface DropIn {
  readonly name: string
  readonly document: TomlDocument
  /** Absent when the drop-in doesn't say, which is a problem by itself. */
  readonly filter: string | undefined
  readonly policy: Policy
  readonly options: TomlTable
  readonly rules: readonly RecipientRule[]
}

/** package.json(5) `name`; a path into a package, or out of a directory, doesn't fit. */
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/** A drop-in as it was read from its file. */
export interface DropInText {
  readonly path: string
  readonly name: string
  readonly text: string
}

/** Reads a drop-in's text. What is wrong with it goes to `problems`; without TOML in it there is no drop-in. */
export function parseDropIn({ path, name, text }: DropInText, problems: Problem[]): DropIn | undefined {
  const document = parseDocument(text, path, problems)
  if (document === undefined) return undefined
  const top = new Section(document, problems)
  const filter = top.text('filter')
  if (filter === undefined && !Object.hasOwn(document.value, 'filter')) {
    top.missing('filter', 'is missing: it names the package, "@candy/filter-clamav" say')
  } else if (filter !== undefined && !isAbsolute(filter) && !PACKAGE_NAME.test(filter)) {
    top.wrong('filter', 'must be the name of a package or an absolute path')
  }
  const policy = readPolicy(top, DEFAULT_POLICY)
  const options = top.table('options')
  const rules = readRules(top.section('recipients'), policy)
  top.end()
  const usable = filter !== undefined && (isAbsolute(filter) || PACKAGE_NAME.test(filter))
  return { name, document, filter: usable ? filter : undefined, policy, options, rules }
}
