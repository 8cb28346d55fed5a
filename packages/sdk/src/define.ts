/** From a typed definition to the plain value that a runner loads. */
import type { FilterDefinition, FilterPackage } from './contract.js'
import type { StandardSchemaV1 } from './standard-schema.js'

/**
 * Defines a filter package. Export the result as `filter`:
 *
 * ```ts
 * export const filter: FilterPackage = defineFilter({ api: 1, name: 'size', options, create: (o) => ({ judge }) })
 * ```
 *
 * The types of the options are erased on the way out: the runner validates them with `options` before `create` sees them.
 */
export function defineFilter<S extends StandardSchemaV1, const R extends boolean = false>(
  definition: FilterDefinition<S, R>,
): FilterPackage {
  return {
    api: definition.api,
    name: definition.name,
    rewrites: definition.rewrites ?? false,
    options: definition.options,
    create: (options) => definition.create(options),
  }
}
