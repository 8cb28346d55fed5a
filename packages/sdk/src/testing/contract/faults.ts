/** Checks of filters that ask a backend: a filter that cannot know throws, and never guesses. */
import type { Verdict } from '../../contract.js'
import type { Answer, Fault } from '../backend.js'
import { type FilterRun, judged, RETRY_TIME, sample, withFilter } from './filter-run.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import { healthOf } from './health.js'
import { taught } from './learning.js'
import { fail } from './waiting.js'

/** The backend's own answer, of which only the first half of the first piece arrives. */
function cutShort(answer: Answer): Answer {
  return async function* (received) {
    for await (const piece of answer(received)) {
      const bytes = Buffer.from(piece)
      yield bytes.subarray(0, bytes.length / 2)
      return
    }
  }
}

/** What a backend does wrong, each with a script of it. */
const FAULTS: readonly (readonly [what: string, script: (answer: Answer) => Fault | Answer])[] = [
  ['refuses', () => 'refuse'],
  ['hangs', () => 'hang'],
  ['hangs up midway', () => 'close'],
  ['talks nonsense', () => 'nonsense'],
  ['is cut short', cutShort],
]

/** For filters with a backend. */
export const FAULT: readonly Check[] = [
  ...FAULTS.map(([what, script]) => ({
    name: `throws when its backend ${what}`,
    body: async (tested: FilterUnderTest) => throws(tested, what, script),
  })),
  { name: 'tells of a bad backend without throwing', body: reportsFaults },
  { name: 'claims no lesson that its backend did not take', body: learnsNothing },
]

async function throws(
  tested: FilterUnderTest,
  what: string,
  script: (answer: Answer) => Fault | Answer,
): Promise<void> {
  if (tested.backend === undefined) return
  await withFilter(tested, script(tested.backend), async ({ filter }) => {
    const outcome = await judged(tested, filter, sample(tested), RETRY_TIME)
    if ('value' in outcome) fail(`gives ${described(outcome.value)} though its backend ${what}`)
  })
}

/** For filters that have a `check()`. */
async function reportsFaults(tested: FilterUnderTest): Promise<void> {
  await withEachFault(tested, async (run, what) => {
    const health = await healthOf(tested, run, RETRY_TIME, `its backend ${what}`)
    if (health?.ok === true) fail(`check() says "${health.text}" though its backend ${what}`)
  })
}

/** For filters that have a `learn()`. */
async function learnsNothing(tested: FilterUnderTest): Promise<void> {
  await withEachFault(tested, async (run, what) => {
    const outcome = await taught(tested, run, 'spam', RETRY_TIME)
    if (outcome !== undefined && 'value' in outcome) {
      fail(`learn() returns ${String(outcome.value)} though its backend ${what}`)
    }
  })
}

async function withEachFault(
  tested: FilterUnderTest,
  body: (run: FilterRun, what: string) => Promise<void>,
): Promise<void> {
  if (tested.backend === undefined) return
  for (const [what, script] of FAULTS) await withFilter(tested, script(tested.backend), (run) => body(run, what))
}

function described(verdict: Verdict): string {
  return 'text' in verdict ? `${verdict.action} ("${verdict.text}")` : verdict.action
}
