/** Filters that run at the same time: neighbours that do not rewrite. A rewriting filter is a group of its own. */
import type { ConfiguredFilter } from './configured-filter.js'

export type FilterGroup = readonly [ConfiguredFilter, ...ConfiguredFilter[]]

export function groupFilters(filters: readonly ConfiguredFilter[]): readonly FilterGroup[] {
  const groups: [ConfiguredFilter, ...ConfiguredFilter[]][] = []
  let current: [ConfiguredFilter, ...ConfiguredFilter[]] | undefined
  for (const filter of filters) {
    if (current !== undefined && !filter.rewrites) current.push(filter)
    else {
      const group: [ConfiguredFilter, ...ConfiguredFilter[]] = [filter]
      groups.push(group)
      current = filter.rewrites ? undefined : group
    }
  }
  return groups
}
