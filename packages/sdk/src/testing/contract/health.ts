/** Checks of `check()`, for the filters that have one: an operator can rely on what it reports. */
import type { Health } from '../../contract.js'
import { testContext } from '../context.js'
import { type FilterRun, sample, verdictOn, withFilter } from './filter-run.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import { same } from './same-verdict.js'
import { fail, settled } from './waiting.js'

export const HEALTH: readonly Check[] = [
  { name: 'reports in check() that all is well', body: reportsHealth },
  { name: 'reports in check() one line of text, and details for programs', body: reportsPrintably },
  { name: 'gives the same verdict while check() runs', body: judgesMeanwhile },
]

async function reportsHealth(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async (run) => {
    const health = await healthOf(tested, run, tested.grace, 'all is well')
    if (health?.ok === false) fail(`check() says "${health.text}" though all is well`)
  })
}

async function reportsPrintably(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async (run) => {
    const health = await healthOf(tested, run, tested.grace, 'all is well')
    if (health === undefined) return
    if (!/^[\x20-\x7e]+$/.test(health.text)) {
      fail(`text of check() is one line of printable ASCII, not ${JSON.stringify(health.text)}`)
    }
    for (const [name, value] of Object.entries(health.details ?? {})) {
      if (!isDetail(value))
        fail(`details.${name} of check() is a string, a finite number or a boolean, not ${String(value)}`)
    }
  })
}

async function judgesMeanwhile(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async (run) => {
    const before = await verdictOn(tested, run.filter, sample(tested))
    const [, during] = await Promise.all([
      healthOf(tested, run, tested.grace, 'it judges'),
      verdictOn(tested, run.filter, sample(tested)),
    ])
    same(during, before, 'while check() ran')
    same(await verdictOn(tested, run.filter, sample(tested)), before, 'after check()')
  })
}

/**
 * Calls `check()`. Returns undefined when the filter has none. Fails the check of the suite when `check()` throws, or does not return
 * within `milliseconds`.
 */
export async function healthOf(
  tested: FilterUnderTest,
  { filter }: FilterRun,
  milliseconds: number,
  when: string,
): Promise<Health | undefined> {
  if (filter.check === undefined) return undefined
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), milliseconds)
  try {
    const checking = (async () => filter.check?.(testContext({ signal: controller.signal, milliseconds })))()
    const outcome = await settled(checking, milliseconds + tested.grace, 'check() did not settle')
    if ('error' in outcome) fail(`check() threw when ${when}: ${String(outcome.error)}`, outcome.error)
    const health = outcome.value
    if (typeof health?.ok !== 'boolean' || typeof health.text !== 'string' || health.text.trim() === '') {
      fail(`check() gives { ok, text }, not ${JSON.stringify(health)}`)
    }
    return health
  } finally {
    clearTimeout(timer)
  }
}

function isDetail(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' || typeof value === 'boolean'
}
