/** Checks of `learn()`, for the filters that have one. */
import type { Lesson } from '../../contract.js'
import { testContext } from '../context.js'
import { type FilterRun, sample, withFilter } from './filter-run.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import { fail, type Settled, settled } from './waiting.js'

const LESSONS: readonly Lesson[] = ['spam', 'forget', 'ham', 'forget']

export const LEARNING: readonly Check[] = [{ name: 'learns and forgets', body: learnsAndForgets }]

async function learnsAndForgets(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async (run) => {
    for (const lesson of LESSONS) {
      const outcome = await taught(tested, run, lesson, tested.grace)
      if (outcome === undefined) return
      if ('error' in outcome) fail(`learn() threw for "${lesson}": ${String(outcome.error)}`, outcome.error)
      if (typeof outcome.value !== 'boolean') {
        fail(`learn() returns whether it changed anything, not ${JSON.stringify(outcome.value)}`)
      }
    }
  })
}

/**
 * Calls `learn()`. Returns undefined when the filter has none. Its signal aborts after `milliseconds`; the check fails when `learn()`
 * does not settle soon after that.
 */
export async function taught(
  tested: FilterUnderTest,
  { filter }: FilterRun,
  lesson: Lesson,
  milliseconds: number,
): Promise<Settled<boolean> | undefined> {
  if (filter.learn === undefined) return undefined
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), milliseconds)
  const context = testContext({ signal: controller.signal, milliseconds })
  try {
    const learning = (async () => (await filter.learn?.(sample(tested), lesson, context)) as boolean)()
    return await settled(learning, milliseconds + tested.grace, 'learn() did not settle')
  } finally {
    clearTimeout(timer)
  }
}
