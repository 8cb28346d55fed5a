/** Checks of every filter: how it reads messages, whether it stops when it is told to, and what it leaves open. */
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { message } from '../message.js'
import { judged, RETRY_TIME, sample, verdictOn, withFilter } from './filter-run.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import { EIGHT_BIT, HUGE, hugeMessage, unreadable } from './messages.js'
import { observe } from './observed-message.js'
import { openResourcesAfter } from './open-resources.js'
import { eventually, fail } from './waiting.js'

/** Bytes of a huge message that a filter may keep in memory or send ahead. The buffers of a socket in the kernel are smaller (tcp(7)). */
const MEMORY_LIMIT = HUGE / 2

/** Milliseconds to wait, so that a connection or a reading that the filter has only begun to open is there to be counted. */
const SETTLE_TIME = 20

/** A reader counts as held up when it has read no byte between so many looks, which are at least 20 ms apart. */
const UNCHANGED_LOOKS = 10

export const READING: readonly Check[] = [
  { name: 'settles soon after its signal aborts', body: settlesOnAbort },
  { name: 'closes what it opens', body: closesAll },
  { name: 'ends every reading of the message that it begins', body: endsReadings },
  { name: 'throws when the message cannot be read', body: throwsUnread },
  { name: 'judges a huge message without keeping it in memory', body: holdsLittle },
]

/** Checks of filters with a backend. */
export const PACE: readonly Check[] = [
  { name: 'reads a huge message no faster than its backend does', body: readsInStep },
]

async function settlesOnAbort(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, 'hang', async ({ filter }) => {
    await judged(tested, filter, sample(tested), 0)
    await judged(tested, filter, sample(tested), RETRY_TIME)
    let over = false
    const slowly = async () => (over ? fail('nobody reads this any more') : await delay(20))
    try {
      await judged(tested, filter, hugeMessage(slowly), RETRY_TIME)
    } finally {
      over = true
    }
  })
}

async function closesAll(tested: FilterUnderTest): Promise<void> {
  for (const script of [tested.backend, 'hang', 'refuse', 'close', 'nonsense'] as const) {
    const judgeAndClose = async () =>
      withFilter(tested, script, async ({ filter, backend, close }) => {
        await judged(tested, filter, sample(tested), script === tested.backend ? tested.grace : RETRY_TIME / 3)
        const closed = await close()
        if ('error' in closed) fail(`close() threw: ${String(closed.error)}`, closed.error)
        await delay(SETTLE_TIME)
        if (!(await eventually(() => (backend?.open ?? 0) === 0, tested.grace))) {
          fail(`close() leaves ${backend?.open} connection(s) to the backend open`)
        }
      })
    const left = await openResourcesAfter(judgeAndClose, tested.grace)
    if (left.length > 0) fail(`close() leaves behind: ${left.join(', ')}`)
    if (tested.backend === undefined) break
  }
}

async function endsReadings(tested: FilterUnderTest): Promise<void> {
  for (const script of [tested.backend, 'hang', 'refuse', 'close', 'nonsense'] as const) {
    const well = script === tested.backend
    await withFilter(tested, script, async ({ filter }) => {
      for (const mail of [sample(tested, [10]), message(EIGHT_BIT, { chunks: [10] })]) {
        const observed = observe(mail)
        if (well) await verdictOn(tested, filter, observed.message)
        else await judged(tested, filter, observed.message, RETRY_TIME / 3)
        observed.close()
        await delay(SETTLE_TIME)
        if (!(await eventually(() => observed.unfinished === 0, tested.grace))) {
          fail(
            `${observed.unfinished} of ${observed.readings} reading(s) not ended${well ? '' : `, backend: ${script}`}`,
          )
        }
        if (well && observed.readAfterClose) fail('reads the message after its verdict')
      }
    })
    if (tested.backend === undefined) break
  }
}

async function throwsUnread(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async ({ filter }) => {
    const broken = unreadable(sample(tested, [10]), () => true)
    const outcome = await judged(tested, filter, broken.message, tested.grace)
    if (broken.hasFailed() && 'value' in outcome)
      fail(`gives ${outcome.value.action} for a message that it could not read`)
  })
}

async function readsInStep(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, 'stall', async ({ filter }) => {
    const observed = observe(hugeMessage())
    const stuck = new AbortController()
    const judging = judged(tested, filter, observed.message, 2 * tested.grace, stuck)
    for (let unchanged = 0, bytesRead = -1; unchanged < UNCHANGED_LOOKS; await delay(20)) {
      unchanged = bytesRead === observed.bytesRead ? unchanged + 1 : 0
      bytesRead = observed.bytesRead
    }
    stuck.abort()
    await judging
    if (observed.bytesRead > MEMORY_LIMIT)
      fail(`reads ${observed.bytesRead} bytes of ${HUGE} ahead of a backend that reads none`)
  })
}

async function holdsLittle(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, 'hang', async ({ filter }) => {
    const mail = hugeMessage()
    const before = await memory()
    let held = 0
    async function* open() {
      yield* mail.open()
      held = (await memory()) - before
    }
    await judged(tested, filter, { ...mail, open }, tested.backend === undefined ? 2 * tested.grace : RETRY_TIME)
    if (held > MEMORY_LIMIT) fail(`holds ${held} bytes of a message of ${HUGE}`)
  })
}

let gc: (() => void) | undefined

/** Bytes in use after a garbage collection. The flag only adds the function gc() (node:v8). */
async function memory(): Promise<number> {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
  // The memory of array buffers is freed in another thread; the second collection waits for what the first has begun.
  await delay(10)
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
