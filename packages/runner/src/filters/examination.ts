/** Checks a configuration: loads it as the service does, and returns everything that is wrong. It runs code of the filters. */
import type { Health } from '@candy/sdk'
import type { ConfiguredFilter } from '../chain/configured-filter.js'
import { ConfigurationError, inOrder, type Problem, reason } from '../config/problem.js'
import type { Configuration } from './configuration.js'
import { type LoadedFilters, type LoadOptions, loadFilters } from './loaded-filters.js'

/** Milliseconds for which `check()` of a filter may run. */
const CHECK_TIMEOUT = 10_000

/** Whether a filter could work now, as its `check()` says. */
export interface FilterHealth extends Pick<Health, 'ok' | 'text'> {
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
    const health = ask ? await Promise.all(loaded.filters.map(askFilter)) : []
    return { problems: [], health: health.filter((one) => one !== undefined) }
  } finally {
    await loaded.close()
  }
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
    const { ok, text } = await Promise.race([filter.check(context), timeout])
    return { name, ok, text }
  } catch (error) {
    return { name, ok: false, text: reason(error) }
  }
}
