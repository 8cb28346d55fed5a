/** Checks of every filter: how it reads messages, how it stops, and what it leaves behind. */
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

/** How much of a huge message a filter may hold. The sockets' buffers in the kernel are less (tcp(7)). */
const MEMORY_LIMIT = HUGE / 2

/** Milliseconds in which what a filter has begun and not finished shows. */
const SETTLE_TIME = 20

/** Looks, 20 ms apart, in which no byte is read before a reader counts as held up; a busy machine skips none of them. */
const STILL = 10

export const READING: readonly Check[] = [
  { name: 'settles soon after its signal aborts', body: settlesOnAbort },
  { name: 'closes what it opens', body: closesAll },
  { name: 'ends every reading it begins', body: endsReadings },
  { name: 'throws when the message cannot be read', body: throwsUnread },
  { name: 'judges a huge message without holding it', body: holdsLittle },
]

/** For filters with a backend. */
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
        if (well && observed.late) fail('reads the message after its verdict')
      }
    })
    if (tested.backend === undefined) break
  }
}

async function throwsUnread(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async ({ filter }) => {
    const broken = unreadable(sample(tested, [10]), () => true)
    const outcome = await judged(tested, filter, broken.message, tested.grace)
    if (broken.hit() && 'value' in outcome) fail(`gives ${outcome.value.action} for a message that it could not read`)
  })
}

async function readsInStep(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, 'stall', async ({ filter }) => {
    const observed = observe(hugeMessage())
    const stuck = new AbortController()
    const judging = judged(tested, filter, observed.message, 2 * tested.grace, stuck)
    for (let still = 0, bytesRead = -1; still < STILL; await delay(20)) {
      still = bytesRead === observed.bytesRead ? still + 1 : 0
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

/** Bytes in use after a collection. The flag adds a function and changes nothing else (node:v8). */
async function memory(): Promise<number> {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
  // Array buffers are swept beside the program; a second collection finds the first one's sweep done.
  await delay(10)
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
