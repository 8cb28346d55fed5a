/**
 * A drop-in, `NN-name.toml`. It names the package of a filter, and sets the policy (how long the filter may take, what becomes of
 * mail), the filter's options, and rules for some recipients.
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
  /** The package's name or path; undefined when the drop-in names none or a wrong one, which is a problem too. */
  readonly filter: string | undefined
  readonly policy: Policy
  readonly options: TomlTable
  readonly rules: readonly RecipientRule[]
}

/** A package's name (package.json(5), `name`). It matches no path into a package, and none out of a directory. */
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/** The text of a drop-in, and the file that it was read from. */
export interface DropInText {
  readonly path: string
  readonly name: string
  readonly text: string
}

/** Parses the text of a drop-in. Everything that is wrong is added to `problems`. Undefined when the text is not TOML. */
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
