/** A filter of `filters.d`, loaded, with the operator's policy: what a chain runs. */
import type { Filter, Verdict } from '@candy/sdk'
import type { AddressMap } from './address-map.js'
import type { Policy } from './policy.js'

export interface ConfiguredFilter {
  /** The stem of its drop-in or the name of its script: what logs, headers and `--json` call it. */
  readonly name: string
  readonly filter: Filter<Verdict>
  readonly rewrites: boolean
  /** The header fields that its package declares as its own, and those that it shares with others. */
  readonly fields: readonly string[]
  readonly sharedFields: readonly string[]
  readonly policy: Policy
  /**
   * What holds for some recipients: the same filter with other settings, off, or as usual where a rule for more recipients would
   * say otherwise. Absent: the same holds for all.
   */
  readonly recipients?: AddressMap<ConfiguredFilter | 'off' | 'usual'>
}
