/** Lists what `filters.d` contains, for `candy list` and for the control socket. It runs no code of a filter. */
import type { OnReject, Policy } from '../chain/policy.js'
import type { RecipientRule } from '../config/recipient-rule.js'
import type { Origin } from '../packages/locate.js'
import { MODES } from '../postfix/mode.js'
import type { Configuration, Source } from './configuration.js'

export interface ListedFilter {
  readonly kind: 'drop-in' | 'script'
  readonly name: string
  /** The file of the drop-in or of the script. */
  readonly path: string
  /** The policy, with the mode's own `onReject` when the operator sets none. Absent when the file cannot be parsed. */
  readonly policy?: Policy
  /** The package as the drop-in names it. */
  readonly package?: string
  /** The directory of the package that is used, its version, and where it was found; see PackageLocation. */
  readonly directory?: string
  readonly version?: string
  readonly from?: Origin
  /** The rules for recipients, without their options; absent when there are none. */
  readonly recipients?: readonly Omit<RecipientRule, 'options'>[]
  /** Whether a script declares that it rewrites. Absent for a package, which declares this only once its code is loaded. */
  readonly rewrites?: boolean
}

export interface ListedFile {
  readonly kind: 'ignored'
  readonly name: string
  readonly path: string
  readonly reason: string
}

/** Returns all entries in the order in which filters run, with the ignored files in between. */
export function listFilters({ sources, settings }: Configuration): readonly (ListedFilter | ListedFile)[] {
  const { onReject } = MODES[settings.mode]
  return sources.map((source) => listSource(source, onReject))
}

function listSource(source: Source, onReject: OnReject): ListedFilter | ListedFile {
  const { name, path } = source
  if (source.kind === 'ignored') return { kind: 'ignored', name, path, reason: source.reason }
  if (source.kind === 'script') {
    const { script } = source
    if (script === undefined) return { kind: 'script', name, path }
    return { kind: 'script', name, path, policy: { onReject, ...script.policy }, rewrites: script.rewrites }
  }
  const { dropIn, package: found } = source
  if (dropIn === undefined) return { kind: 'drop-in', name, path }
  const recipients = dropIn.rules.map(({ options: _, policy, ...rule }) => ({
    ...rule,
    policy: { onReject, ...policy },
  }))
  const { directory, version, from } = found ?? {}
  return {
    kind: 'drop-in',
    name,
    path,
    policy: { onReject, ...dropIn.policy },
    ...(recipients.length > 0 && { recipients }),
    ...(dropIn.filter !== undefined && { package: dropIn.filter }),
    ...(directory !== undefined && { directory }),
    ...(version !== undefined && { version }),
    ...(from !== undefined && { from }),
  }
}
