/**
 * From a package that was found to one that can make its filter: loaded, asked whether it is one, its options validated.
 *
 * Any module format loads: ES modules, with top-level await or not, and CommonJS, whose exports Node.js may show only
 * inside `default`. Loading runs the package's code; finding it doesn't.
 */
import { declarationFault, type FilterPackage } from '@candy/sdk'
import type { DropIn } from '../config/drop-in.js'
import type { Problem } from '../config/problem.js'
import type { RecipientRule } from '../config/recipient-rule.js'
import { cannotLoad, type FoundPackage, filterKey } from './found-package.js'
import { type OptionSet, OptionsReader } from './options.js'

/** The contract's version that this runner speaks. */
const API = 1

/** A package whose options are right, not yet asked to make its filter. */
export interface LoadedPackage {
  readonly dropIn: DropIn
  readonly package: FilterPackage
  readonly options: OptionSet
  /** The rules for recipients, and what holds for each. */
  readonly rules: readonly { readonly rule: RecipientRule; readonly options: OptionSet }[]
}

/** Loads a package that was found and validates the options. What is wrong goes to `problems`, and then there is nothing. */
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
  const fault = declarationFault(found)
  if (fault !== undefined) return wrong(`${JSON.stringify(name)} in ${directory} declares what cannot hold: ${fault}`)
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

/** A CommonJS module has its exports in `default`, and beside it only those that Node.js could read from its source. */
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

/** A schema may be a function with members (arktype's are). */
function member(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return undefined
  return Reflect.get(value, name)
}
