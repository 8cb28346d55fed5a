/** Makes the plain value that a runner loads from a typed definition. */
import type { FilterDefinition, FilterPackage } from './contract.js'
import { CandyError } from './error.js'
import { declarationProblem } from './field-declaration.js'
import type { StandardSchemaV1 } from './standard-schema.js'

/**
 * Defines a filter package. Export the result as `filter`:
 *
 * ```ts
 * export const filter: FilterPackage = defineFilter({ api: 1, name: 'size', options, create: (o) => ({ judge }) })
 * ```
 *
 * The result has no type for its options: the runner validates them with `options` before it calls `create`. Throws `CONFIG` when
 * a declared field is not a field name, or may not be declared.
 */
export function defineFilter<S extends StandardSchemaV1, const R extends boolean = false>(
  definition: FilterDefinition<S, R>,
): FilterPackage {
  const { api, name, rewrites = false, fields = [], sharedFields = [], options } = definition
  const problem = declarationProblem({ fields, sharedFields })
  if (problem !== undefined) throw new CandyError('CONFIG', `${name}: ${problem}`)
  return Object.freeze({
    api,
    name,
    rewrites,
    fields: Object.freeze([...fields]),
    sharedFields: Object.freeze([...sharedFields]),
    options,
    create: (values, host) => definition.create(values, host),
  } satisfies FilterPackage)
}
