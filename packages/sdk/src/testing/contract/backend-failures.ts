/** Checks of filters that ask a backend: without an answer of the backend the filter throws an error, and never guesses. */
import type { Verdict } from '../../contract.js'
import type { Answer, BackendFailure } from '../backend.js'
import { type FilterRun, judged, RETRY_TIME, sample, withFilter } from './filter-run.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import { healthOf } from './health.js'
import { taught } from './learning.js'
import { fail } from './waiting.js'

/** A backend that sends the first half of the first piece of its answer, and then closes the connection. */
function sendHalf(answer: Answer): Answer {
  return async function* (received) {
    for await (const piece of answer(received)) {
      const bytes = Buffer.from(piece)
      yield bytes.subarray(0, bytes.length / 2)
      return
    }
  }
}

/** What a backend does wrong, each with the script that does it. */
const FAILURES: readonly (readonly [what: string, script: (answer: Answer) => BackendFailure | Answer])[] = [
  ['refuses connections', () => 'refuse'],
  ['never answers', () => 'hang'],
  ['closes the connection midway', () => 'close'],
  ['answers nonsense', () => 'nonsense'],
  ['sends half an answer', sendHalf],
]

/** Checks of filters with a backend. */
export const BACKEND_FAILURES: readonly Check[] = [
  ...FAILURES.map(([what, script]) => ({
    name: `throws when its backend ${what}`,
    body: async (tested: FilterUnderTest) => throws(tested, what, script),
  })),
  { name: 'reports a bad backend in check() without throwing', body: reportsFailures },
  { name: 'throws in learn() when its backend is bad', body: learnsNothing },
]

async function throws(
  tested: FilterUnderTest,
  what: string,
  script: (answer: Answer) => BackendFailure | Answer,
): Promise<void> {
  if (tested.backend === undefined) return
  await withFilter(tested, script(tested.backend), async ({ filter }) => {
    const outcome = await judged(tested, filter, sample(tested), RETRY_TIME)
    if ('value' in outcome) fail(`gives ${described(outcome.value)} though its backend ${what}`)
  })
}

/** A filter without a `check()` passes. */
async function reportsFailures(tested: FilterUnderTest): Promise<void> {
  await withEachFailure(tested, async (run, what) => {
    const health = await healthOf(tested, run, RETRY_TIME, `its backend ${what}`)
    if (health?.ok === true) fail(`check() says "${health.text}" though its backend ${what}`)
  })
}

/** A filter without a `learn()` passes. */
async function learnsNothing(tested: FilterUnderTest): Promise<void> {
  await withEachFailure(tested, async (run, what) => {
    const outcome = await taught(tested, run, 'spam', RETRY_TIME)
    if (outcome !== undefined && 'value' in outcome) {
      fail(`learn() returns ${String(outcome.value)} though its backend ${what}`)
    }
  })
}

async function withEachFailure(
  tested: FilterUnderTest,
  body: (run: FilterRun, what: string) => Promise<void>,
): Promise<void> {
  if (tested.backend === undefined) return
  for (const [what, script] of FAILURES) await withFilter(tested, script(tested.backend), (run) => body(run, what))
}

function described(verdict: Verdict): string {
  return 'text' in verdict ? `${verdict.action} ("${verdict.text}")` : verdict.action
}
