/** Checks of filters that ask a backend: a filter that cannot know throws, and never guesses. */
import type { Health, Verdict } from '../../contract.js'
import type { Answer, Fault } from '../backend.js'
import { testContext } from '../context.js'
import { type FilterRun, judged, RETRY_TIME, sample, withFilter } from './filter-run.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import { fail, settled } from './waiting.js'

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
  { name: 'tells of a bad backend without throwing', body: tellsOfFaults },
]

/** For all filters that have a `check()`. */
export const HEALTH: readonly Check[] = [{ name: 'says that it is well', body: tellsOfHealth }]

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

async function tellsOfFaults(tested: FilterUnderTest): Promise<void> {
  if (tested.backend === undefined) return
  for (const [what, script] of FAULTS) {
    await withFilter(tested, script(tested.backend), async (run) => {
      const health = await healthOf(tested, run, RETRY_TIME, `its backend ${what}`)
      if (health?.ok === true) fail(`check() says "${health.text}" though its backend ${what}`)
    })
  }
}

async function tellsOfHealth(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async (run) => {
    const health = await healthOf(tested, run, tested.grace, 'all is well')
    if (health?.ok === false) fail(`check() says "${health.text}" though all is well`)
  })
}

async function healthOf(
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

function described(verdict: Verdict): string {
  return 'text' in verdict ? `${verdict.action} ("${verdict.text}")` : verdict.action
}
