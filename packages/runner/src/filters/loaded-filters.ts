/**
 * A site: what the operator wrote, made into filters that are ready to judge.
 *
 * It loads whole or not at all. Every package is loaded and every option checked before any filter is made, and all that
 * is wrong is said at once, with what was wrong in the files already.
 */
import type { ConfiguredFilter } from '../chain/configured-filter.js'
import { ConfigurationError, inOrder, type Problem, reason } from '../config/problem.js'
import type { Settings } from '../config/settings.js'
import type { Log } from '../log/log.js'
import { createFilter } from '../packages/creation.js'
import { type HostOptions, Hosts } from '../packages/host.js'
import { type LoadedPackage, loadPackage } from '../packages/package.js'
import { type Script, scriptFilter } from '../script/script.js'
import { type Configuration, type Source, withoutPlace } from './configuration.js'

export interface LoadedFilters {
  readonly settings: Settings
  /** In the order in which they run. */
  readonly filters: readonly ConfiguredFilter[]
  /** Closes every filter. Called once, after the last message; never throws. */
  close(): Promise<void>
}

/** What filters are lent. */
export type LoadOptions = Omit<HostOptions, 'state'>

/** Loads a site. Reads no file but the code of packages. Throws a ConfigurationError with everything that is wrong, after closing what was made. */
export async function loadFilters(configuration: Configuration, options: LoadOptions): Promise<LoadedFilters> {
  const parts = await Promise.all(configuration.sources.map(load))
  const hosts = new Hosts({ ...options, state: configuration.settings.state })
  const problems = [...configuration.problems, ...parts.flatMap((part) => part.problems).map(withoutPlace)]
  const filters: ConfiguredFilter[] = []
  for (const { loaded } of problems.length === 0 ? parts : []) {
    const ready = loaded === undefined ? undefined : await make(loaded, hosts, problems)
    if (ready !== undefined) filters.push(ready)
  }
  const close = () => closeAll(filters, options.log).finally(() => hosts.close())
  if (problems.length > 0) {
    await close()
    throw new ConfigurationError(inOrder(problems))
  }
  return { settings: configuration.settings, filters, close }
}

type Loaded = LoadedPackage | Script

async function load(source: Source): Promise<{ loaded: Loaded | undefined; problems: Problem[] }> {
  const problems: Problem[] = []
  if (source.kind === 'ignored') return { loaded: undefined, problems }
  if (source.kind === 'script') return { loaded: source.script, problems }
  const { dropIn, package: found } = source
  const known = dropIn !== undefined && found !== undefined
  return { loaded: known ? await loadPackage(dropIn, found, problems) : undefined, problems }
}

function make(
  loaded: Loaded,
  hosts: Hosts,
  problems: Problem[],
): Promise<ConfiguredFilter | undefined> | ConfiguredFilter {
  return 'path' in loaded ? scriptFilter(loaded) : createFilter(loaded, hosts, problems)
}

/** A filter, and what it is for some recipients. */
function instances(ready: ConfiguredFilter): readonly ConfiguredFilter[] {
  const others = [...(ready.recipients?.values() ?? [])]
  return [ready, ...others.filter((other) => typeof other === 'object')]
}

/** In parallel, and each however the others fare: what one filter holds is no other's business. */
async function closeAll(filters: readonly ConfiguredFilter[], log: Log): Promise<void> {
  const all = new Map(filters.flatMap(instances).map(({ name, filter }) => [filter, name]))
  await Promise.all(
    Array.from(all, async ([filter, name]) => {
      try {
        await filter.close?.()
      } catch (error) {
        log.write('warn', 'filter did not close', { filter: name, reason: reason(error) })
      }
    }),
  )
}
