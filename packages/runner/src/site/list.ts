/** What `candy list` shows of a site. No code of a filter runs, so it may be asked by root, and of a site that is broken. */
import type { Policy } from '../chain/policy.js'
import { listDirectory } from './directory.js'
import { readDropIn } from './drop-in.js'
import { locatePackage } from './locate.js'
import { Ownership } from './ownership.js'
import { filterKey, notFound } from './package.js'
import { defaultPolicy } from './policy.js'
import { inOrder, type Problem, reason } from './problem.js'
import type { RecipientRule } from './recipient-rule.js'
import { readScript } from './script.js'
import { readSettings, type Settings } from './settings.js'
import { defaultOnReject, filtersDirectory, type SiteOptions } from './site.js'

export interface ListedFilter {
  readonly kind: 'drop-in' | 'script'
  readonly name: string
  /** The drop-in or the script. */
  readonly path: string
  /** Absent when the drop-in can't be read. */
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

export interface SiteListing {
  readonly settings: Settings
  /** `filters.d`. */
  readonly directory: string
  /** In the order in which filters run, what is ignored among them. */
  readonly entries: readonly (ListedFilter | ListedFile)[]
  /** All that would keep the site from loading, as far as files alone can tell. */
  readonly problems: readonly Problem[]
}

export function listSite(options: Omit<SiteOptions, 'filter' | 'log'>): SiteListing {
  const problems: Problem[] = []
  const ownership = new Ownership(options.user)
  const settings = readSettings(options.configDirectory, ownership, problems)
  const directory = filtersDirectory(options)
  const onReject = options.onReject ?? defaultOnReject(settings)
  const entries = listDirectory(directory, ownership, problems).map((entry): ListedFilter | ListedFile => {
    if (entry.kind === 'ignored') return entry
    if (entry.kind === 'drop-in')
      return listDropIn(entry, readDropIn(entry.path, entry.name, onReject, problems), settings, problems)
    const script = readScript(entry.path, entry.name, defaultPolicy(onReject), problems)
    return script === undefined ? entry : { ...entry, policy: script.policy, rewrites: script.rewrites }
  })
  return { settings, directory, entries, problems: inOrder(problems) }
}

type Entry = Pick<ListedFilter, 'kind' | 'name' | 'path'>

function listDropIn(
  entry: Entry,
  dropIn: ReturnType<typeof readDropIn>,
  settings: Settings,
  problems: Problem[],
): ListedFilter {
  if (dropIn === undefined) return entry
  const recipients = dropIn.rules.map(({ options: _, ...rule }) => rule)
  const listed = { ...entry, policy: dropIn.policy, ...(recipients.length > 0 && { recipients }) }
  if (dropIn.filter === undefined) return listed
  const named = { ...listed, package: dropIn.filter }
  try {
    const place = locatePackage(dropIn.filter, settings.state)
    if (place !== undefined) {
      const { directory, version, from } = place
      return version === undefined ? { ...named, directory, from } : { ...named, directory, version, from }
    }
    problems.push({ ...filterKey(dropIn), what: notFound(dropIn.filter) })
  } catch (error) {
    problems.push({ ...filterKey(dropIn), what: `cannot be looked at: ${reason(error)}` })
  }
  return named
}
