/**
 * Loads a package that was found, checks that it exports a filter, and validates its options.
 *
 * Every module format is supported: ES modules, with or without top-level await, and CommonJS, whose exports Node.js may provide
 * only inside `default`. Loading runs the package's code; finding it does not.
 *
 * The way from `filter = "NAME"` in a drop-in to a filter: locate.ts finds the directory, found-package.ts checks who may write it,
 * this file loads it, options.ts and known-keys.ts check its options, and creation.ts creates the filter, with a host from host.ts.
 * `candy add` puts packages where they are found: prefix.ts has npm install them, package-tree.ts makes their files safe, and
 * shipped-drop-in.ts reads the drop-in that comes with them.
 */
import { declarationProblem, type FilterPackage } from '@candy/sdk'
import type { DropIn } from '../config/drop-in.js'
import type { Problem } from '../config/problem.js'
import type { RecipientRule } from '../config/recipient-rule.js'
import { cannotLoad, type FoundPackage, filterKey } from './found-package.js'
import { type OptionSet, OptionsReader } from './options.js'

/** The version of the contract that this runner supports. */
const API = 1

/** A package with valid options, whose filter has not been made yet. */
export interface LoadedPackage {
  readonly dropIn: DropIn
  readonly package: FilterPackage
  readonly options: OptionSet
  /** The rules for recipients, each with its options. */
  readonly rules: readonly { readonly rule: RecipientRule; readonly options: OptionSet }[]
}

/** Loads a package and validates the options of the drop-in. When anything is wrong, adds it to `problems` and returns undefined. */
export async function loadPackage(
  dropIn: DropIn,
  { directory, module }: FoundPackage,
  problems: Problem[],
): Promise<LoadedPackage | undefined> {
  const name = dropIn.filter ?? directory
  const wrong = (what: string): undefined => {
    problems.push({ ...filterKey(dropIn), what })
    return undefined
  }
  let exported: unknown
  try {
    exported = await import(module)
  } catch (error) {
    return wrong(cannotLoad(name, directory, error))
  }
  const found = pick(exported)
  if (!isFilterPackage(found)) return wrong(`${JSON.stringify(name)} in ${directory} ${shortcoming(exported, found)}`)
  const problem = declarationProblem(found)
  if (problem !== undefined)
    return wrong(`${JSON.stringify(name)} in ${directory} declares what cannot hold: ${problem}`)
  const before = problems.length
  const reader = new OptionsReader(dropIn.document, found.options, directory, problems)
  const options = await reader.read(['options'], dropIn.options)
  const rules: LoadedPackage['rules'][number][] = []
  for (const rule of dropIn.rules) {
    const own = Object.keys(rule.options).length > 0
    const path = ['recipients', rule.pattern, 'options']
    rules.push({ rule, options: own ? await reader.read(path, rule.options, options.written) : options })
  }
  return problems.length === before ? { dropIn, package: found, options, rules } : undefined
}

/** The export `filter`. A CommonJS module has all exports in `default`, and beside it only those that Node.js found in its source. */
function pick(exported: unknown): unknown {
  return member(exported, 'filter') ?? member(member(exported, 'default'), 'filter')
}

function isFilterPackage(value: unknown): value is FilterPackage {
  return (
    member(value, 'api') === API &&
    typeof member(value, 'create') === 'function' &&
    typeof member(member(member(value, 'options'), '~standard'), 'validate') === 'function'
  )
}

function shortcoming(exported: unknown, found: unknown): string {
  if (found === undefined) {
    const standing = member(exported, 'default')
    return typeof member(standing, 'create') === 'function'
      ? 'has its filter as the default export: export it as `filter`'
      : 'is not a filter package: it exports no `filter`'
  }
  const api = member(found, 'api')
  if (typeof api === 'number' && api > API) {
    return `was written for version ${api} of the filter API and this runner speaks ${API}: upgrade @candy/runner`
  }
  if (typeof api === 'number' && api < API) {
    return `was written for version ${api} of the filter API and this runner speaks ${API}: upgrade the package`
  }
  return 'is not a filter package: make its `filter` with defineFilter of @candy/sdk'
}

/** A member of an object or of a function: the schemas of arktype are functions with members. */
function member(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return undefined
  return Reflect.get(value, name)
}
