/** Which filters run at the same time: neighbours that do not rewrite. A rewriting filter is a group of its own. */
import type { ReadyFilter } from './ready-filter.js'

export type FilterGroup = readonly [ReadyFilter, ...ReadyFilter[]]

export function groupFilters(filters: readonly ReadyFilter[]): readonly FilterGroup[] {
  const groups: [ReadyFilter, ...ReadyFilter[]][] = []
  let open: [ReadyFilter, ...ReadyFilter[]] | undefined
  for (const filter of filters) {
    if (open !== undefined && !filter.rewrites) open.push(filter)
    else {
      const group: [ReadyFilter, ...ReadyFilter[]] = [filter]
      groups.push(group)
      open = filter.rewrites ? undefined : group
    }
  }
  return groups
}
