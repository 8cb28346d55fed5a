/** What `candy list` shows of a site: what stands in its files, in order. No code of a filter runs. */
import type { OnReject, Policy } from '../chain/policy.js'
import type { RecipientRule } from '../config/recipient-rule.js'
import { MODES } from '../postfix/mode.js'
import type { Configuration, Source } from './configuration.js'

export interface ListedFilter {
  readonly kind: 'drop-in' | 'script'
  readonly name: string
  /** The drop-in or the script. */
  readonly path: string
  /** With what the mode in force says where the operator says nothing. Absent when the drop-in can't be read. */
  readonly policy?: Policy
  /** The package of a drop-in as it is written there. */
  readonly package?: string
  /** Where the copy that is used lies, its version, and why it is found there. */
  readonly directory?: string
  readonly version?: string
  readonly from?: 'path' | 'site' | 'runner'
  /** The rules for recipients, without the options that they set; absent without any. */
  readonly recipients?: readonly Omit<RecipientRule, 'options'>[]
  /** What a script declares; a package says so only when it is loaded. */
  readonly rewrites?: boolean
}

export interface ListedFile {
  readonly kind: 'ignored'
  readonly name: string
  readonly path: string
  readonly reason: string
}

/** What there is, in the order in which filters run, what is ignored among them. */
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
