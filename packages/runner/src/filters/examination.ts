/** Checks a configuration: loads it as the service does, and returns everything that is wrong. It runs code of the filters. */
import { type Health, printable } from '@candy/sdk'
import type { ConfiguredFilter } from '../chain/configured-filter.js'
import { ConfigurationError, inOrder, type Problem, reason } from '../config/problem.js'
import { safeFields } from '../log/filter-log.js'
import type { Configuration } from './configuration.js'
import { type LoadedFilters, type LoadOptions, loadFilters } from './loaded-filters.js'

/** Milliseconds for which `check()` of a filter may run. */
const CHECK_TIMEOUT = 10_000

/** Whether a filter could work now, as its `check()` says. */
export interface FilterHealth extends Health {
  readonly name: string
}

export interface Examination {
  readonly problems: readonly Problem[]
  /** One for each filter that has a `check()`; empty when the configuration is wrong, or when no health was asked for. */
  readonly health: readonly FilterHealth[]
}

/** Checks the configuration. With `ask`, it also calls `check()` of every filter, which asks its scanner for example. Never throws. */
export async function examine(configuration: Configuration, options: LoadOptions, ask: boolean): Promise<Examination> {
  let loaded: LoadedFilters
  try {
    loaded = await loadFilters(configuration, options)
  } catch (error) {
    const { snapshot } = configuration
    const problems =
      error instanceof ConfigurationError ? error.problems : [{ file: snapshot.directory, what: reason(error) }]
    return { problems: inOrder(problems), health: [] }
  }
  try {
    return { problems: [], health: ask ? await askFilters(loaded) : [] }
  } finally {
    await loaded.close()
  }
}

/** Asks every filter that has a `check()`. Takes little longer than `CHECK_TIMEOUT` at most, and never throws. */
export async function askFilters({ filters }: LoadedFilters): Promise<readonly FilterHealth[]> {
  const health = await Promise.all(filters.map(askFilter))
  return health.filter((one) => one !== undefined)
}

async function askFilter({ name, filter }: ConfiguredFilter): Promise<FilterHealth | undefined> {
  if (filter.check === undefined) return undefined
  const signal = AbortSignal.timeout(CHECK_TIMEOUT)
  const timeout = new Promise<Health>((resolve) => {
    signal.addEventListener('abort', () => resolve({ ok: false, text: `no answer within ${CHECK_TIMEOUT / 1000} s` }))
  })
  const end = performance.now() + CHECK_TIMEOUT
  const context = {
    signal,
    get remaining() {
      return Math.max(0, end - performance.now())
    },
    log: () => {},
    warn: () => {},
  }
  try {
    const { ok, text, details } = await Promise.race([filter.check(context), timeout])
    return {
      name,
      ok: ok === true,
      text: printable(String(text)),
      ...(details !== undefined && { details: safeFields(details) }),
    }
  } catch (error) {
    return { name, ok: false, text: reason(error) }
  }
}
