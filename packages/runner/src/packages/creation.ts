/** Makes the filters of a loaded package: one for the options of the drop-in, and one for each other set of options in its rules. */
import { isDeepStrictEqual } from 'node:util'
import type { Filter, Host, Verdict } from '@candy/sdk'
import { AddressMap } from '../chain/address-map.js'
import type { ConfiguredFilter } from '../chain/configured-filter.js'
import { type Problem, reason } from '../config/problem.js'
import { printPath } from '../config/toml.js'
import { filterKey } from './found-package.js'
import type { Hosts } from './host.js'
import type { OptionSet } from './options.js'
import type { LoadedPackage } from './package.js'

/**
 * Makes the filter of a loaded package, with the filters that take its place for some recipients. Failures are added to `problems`;
 * the filters that were made before a failure are returned, so that the caller can close them. Rules with equal options share one filter.
 */
export async function createFilter(
  loaded: LoadedPackage,
  hosts: Hosts,
  problems: Problem[],
): Promise<ConfiguredFilter | undefined> {
  const { dropIn } = loaded
  const host = hosts.for(dropIn.name)
  const filter = await create(loaded, loaded.options, host, filterKey(dropIn), problems)
  if (filter === undefined) return undefined
  const { rewrites, fields = [], sharedFields = [] } = loaded.package
  const usual = { name: dropIn.name, filter, rewrites: rewrites === true, fields, sharedFields, policy: dropIn.policy }
  if (loaded.rules.length === 0) return usual
  const made = [{ options: loaded.options, configured: usual }]
  const recipients: [string, ConfiguredFilter | 'off' | 'usual'][] = []
  for (const { rule, options } of loaded.rules) {
    const { pattern, enabled, policy } = rule
    if (!enabled) {
      recipients.push([pattern, 'off'])
      continue
    }
    const sameOptions = made.filter((one) => isDeepStrictEqual(one.options.written, options.written))
    const path = ['recipients', pattern, 'options']
    const { document } = dropIn
    const place = { file: document.file, ...document.position(path), key: printPath(path) }
    const own = sameOptions[0]?.configured.filter ?? (await create(loaded, options, host, place, problems))
    if (own === undefined) continue
    const samePolicy = sameOptions.find(({ configured }) => isDeepStrictEqual(configured.policy, policy))
    const configured = samePolicy?.configured ?? { ...usual, filter: own, policy }
    if (samePolicy === undefined) made.push({ options, configured })
    recipients.push([pattern, configured === usual ? 'usual' : configured])
  }
  return { ...usual, recipients: new AddressMap(recipients) }
}

async function create(
  loaded: LoadedPackage,
  options: OptionSet,
  host: Host,
  place: Pick<Problem, 'file' | 'key'>,
  problems: Problem[],
): Promise<Filter<Verdict> | undefined> {
  try {
    const filter: Filter<Verdict> = await loaded.package.create(options.validated, host)
    if (typeof filter?.judge === 'function') return filter
    problems.push({ ...place, what: `create() of ${JSON.stringify(loaded.dropIn.filter)} made nothing that judges` })
  } catch (error) {
    problems.push({ ...place, what: `${JSON.stringify(loaded.dropIn.filter)} cannot start: ${reason(error)}` })
  }
  return undefined
}
