/** The one check of a configuration: loads it as the service would, and says all that is wrong. It runs the code of filters. */
import type { Health } from '@candy/sdk'
import type { ConfiguredFilter } from '../chain/configured-filter.js'
import { ConfigurationError, inOrder, type Problem, reason } from '../config/problem.js'
import type { Configuration } from './configuration.js'
import { type LoadedFilters, type LoadOptions, loadFilters } from './loaded-filters.js'

/** Milliseconds that a filter has to say how it is. */
const PATIENCE = 10_000

/** What a filter says of itself: whether it could work now. */
export interface FilterHealth extends Pick<Health, 'ok' | 'text'> {
  readonly name: string
}

export interface Examination {
  readonly problems: readonly Problem[]
  /** Of the filters that can tell; empty when something is wrong, or nobody asked. */
  readonly health: readonly FilterHealth[]
}

/** With `ask` every filter is asked whether it could work now, its scanner is there, say. Throws nothing. */
export async function examine(configuration: Configuration, options: LoadOptions, ask: boolean): Promise<Examination> {
  let site: LoadedFilters
  try {
    site = await loadFilters(configuration, options)
  } catch (error) {
    const { snapshot } = configuration
    const problems =
      error instanceof ConfigurationError ? error.problems : [{ file: snapshot.directory, what: reason(error) }]
    return { problems: inOrder(problems), health: [] }
  }
  try {
    const health = ask ? await Promise.all(site.filters.map(askFilter)) : []
    return { problems: [], health: health.filter((one) => one !== undefined) }
  } finally {
    await site.close()
  }
}

async function askFilter({ name, filter }: ConfiguredFilter): Promise<FilterHealth | undefined> {
  if (filter.check === undefined) return undefined
  const signal = AbortSignal.timeout(PATIENCE)
  const late = new Promise<Health>((resolve) => {
    signal.addEventListener('abort', () => resolve({ ok: false, text: `no answer within ${PATIENCE / 1000} s` }))
  })
  const end = performance.now() + PATIENCE
  const context = {
    signal,
    get remaining() {
      return Math.max(0, end - performance.now())
    },
    log: () => {},
    warn: () => {},
  }
  try {
    const { ok, text } = await Promise.race([filter.check(context), late])
    return { name, ok, text }
  } catch (error) {
    return { name, ok: false, text: reason(error) }
  }
}
