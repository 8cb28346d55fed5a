/**
 * Loads a configuration: creates the filters that judge mail.
 *
 * configuration.ts reads all files into a snapshot (snapshot.ts) without running code of a filter, and list.ts prints what it found.
 * This file loads the packages and creates the filters, examination.ts does so only to report what is wrong, and lesson.ts has the
 * filters learn.
 *
 * Either all filters are loaded, or none. Every package is loaded and all options are checked before the first filter is made, so
 * that everything that is wrong is reported at once, together with the problems that were found in the files before.
 */
import type { ConfiguredFilter } from '../chain/configured-filter.js'
import { ConfigurationError, inOrder, type Problem, reason } from '../config/problem.js'
import type { Settings } from '../config/settings.js'
import type { Log } from '../log/log.js'
import { createFilter } from '../packages/creation.js'
import { type HostOptions, Hosts } from '../packages/host.js'
import { type LoadedPackage, loadPackage } from '../packages/package.js'
import { type Script, scriptFilter } from '../script/script.js'
import { type Configuration, type Source, withoutPosition } from './configuration.js'

export interface LoadedFilters {
  readonly settings: Settings
  /** In the order in which they run. */
  readonly filters: readonly ConfiguredFilter[]
  /** Closes every filter. The caller calls it once, after the last message; it never throws. */
  close(): Promise<void>
}

/** What the runner gives to filters, but for the state directory, which the configuration names. */
export type LoadOptions = Omit<HostOptions, 'state'>

/**
 * Loads the filters of a configuration. It reads no file but the code of packages. When anything is wrong, it closes the filters that
 * it has made, and throws a ConfigurationError with everything that is wrong.
 */
export async function loadFilters(configuration: Configuration, options: LoadOptions): Promise<LoadedFilters> {
  const parts = await Promise.all(configuration.sources.map(load))
  const hosts = new Hosts({ ...options, state: configuration.settings.state })
  const problems = [...configuration.problems, ...parts.flatMap((part) => part.problems).map(withoutPosition)]
  const filters: ConfiguredFilter[] = []
  for (const { loaded } of problems.length === 0 ? parts : []) {
    const filter = loaded === undefined ? undefined : await make(loaded, hosts, problems)
    if (filter !== undefined) filters.push(filter)
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

/** The filter of a drop-in or script, and those that take its place for some recipients. */
function instances(filter: ConfiguredFilter): readonly ConfiguredFilter[] {
  const others = [...(filter.recipients?.values() ?? [])]
  return [filter, ...others.filter((other) => typeof other === 'object')]
}

/** Closes all filters at the same time. When one fails to close, that is logged, and the others are closed all the same. */
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
