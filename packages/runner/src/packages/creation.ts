/** From a loaded package to filters that judge: one for each set of options, the usual ones and those of rules. */
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
 * Makes the filter of a loaded package, and what it is for some recipients. What goes wrong goes to `problems`; what was
 * made all the same is given back, to be closed. Rules that come to the same share one filter.
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
  const made = [{ options: loaded.options, ready: usual }]
  const recipients: [string, ConfiguredFilter | 'off' | 'usual'][] = []
  for (const { rule, options } of loaded.rules) {
    const { pattern, enabled, policy } = rule
    if (!enabled) {
      recipients.push([pattern, 'off'])
      continue
    }
    const alike = made.filter((one) => isDeepStrictEqual(one.options.written, options.written))
    const path = ['recipients', pattern, 'options']
    const { document } = dropIn
    const place = { file: document.file, ...document.position(path), key: printPath(path) }
    const own = alike[0]?.ready.filter ?? (await create(loaded, options, host, place, problems))
    if (own === undefined) continue
    const same = alike.find(({ ready }) => isDeepStrictEqual(ready.policy, policy))
    const ready = same?.ready ?? { ...usual, filter: own, policy }
    if (same === undefined) made.push({ options, ready })
    recipients.push([pattern, ready === usual ? 'usual' : ready])
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
