/** A filter that stands in `filters.d`, loaded and with its policy: what a chain is made of. */
import type { Filter, Verdict } from '@candy/sdk'
import type { AddressMap } from './address-map.js'
import type { Policy } from './policy.js'

export interface ReadyFilter {
  /** The stem of its drop-in or the name of its script: what logs, headers and `--json` call it. */
  readonly name: string
  readonly filter: Filter<Verdict>
  readonly rewrites: boolean
  /** What its package declares of header fields. */
  readonly fields: readonly string[]
  readonly sharedFields: readonly string[]
  readonly policy: Policy
  /**
   * What it is for some recipients: the same filter with other settings, off, or as usual where others would not have it so.
   * Absent: all are alike.
   */
  readonly recipients?: AddressMap<ReadyFilter | 'off' | 'usual'>
}
