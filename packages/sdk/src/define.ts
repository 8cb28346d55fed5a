/** From a typed definition to the plain value that a runner loads. */
import type { FilterDefinition, FilterPackage } from './contract.js'
import { CandyError } from './error.js'
import { declarationFault } from './field-declaration.js'
import type { StandardSchemaV1 } from './standard-schema.js'

/**
 * Defines a filter package. Export the result as `filter`:
 *
 * ```ts
 * export const filter: FilterPackage = defineFilter({ api: 1, name: 'size', options, create: (o) => ({ judge }) })
 * ```
 *
 * The types of the options are erased on the way out: the runner validates them with `options` before `create` sees them.
 * Throws `CONFIG` for a declaration of fields that cannot hold.
 */
export function defineFilter<S extends StandardSchemaV1, const R extends boolean = false>(
  definition: FilterDefinition<S, R>,
): FilterPackage {
  const { api, name, rewrites = false, fields = [], sharedFields = [], options } = definition
  const fault = declarationFault({ fields, sharedFields })
  if (fault !== undefined) throw new CandyError('CONFIG', `${name}: ${fault}`)
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
