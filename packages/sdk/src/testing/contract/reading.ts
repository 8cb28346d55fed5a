/** Checks of every filter: how it reads messages, how it stops, and what it leaves behind. */
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { message } from '../message.js'
import { leftovers } from './leftovers.js'
import { EIGHT_BIT, HUGE, hugeLetter, unreadable } from './letters.js'
import { eventually, fail } from './patience.js'
import type { Check, Subject } from './subject.js'
import { judged, sample, TRYING, trial, verdictOn } from './trial.js'
import { witness } from './witness.js'

/** How much of a huge message a filter may hold. The sockets' buffers in the kernel are less (tcp(7)). */
const HELD = HUGE / 2

/** Milliseconds in which what a filter has begun and not finished comes to light. */
const AFTERMATH = 20

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

async function settlesOnAbort(subject: Subject): Promise<void> {
  await trial(subject, 'hang', async ({ filter }) => {
    await judged(subject, filter, sample(subject), 0)
    await judged(subject, filter, sample(subject), TRYING)
    let over = false
    const slowly = async () => (over ? fail('nobody reads this any more') : await delay(20))
    try {
      await judged(subject, filter, hugeLetter(slowly), TRYING)
    } finally {
      over = true
    }
  })
}

async function closesAll(subject: Subject): Promise<void> {
  for (const script of [subject.backend, 'hang', 'refuse', 'close', 'nonsense'] as const) {
    const judgeAndClose = async () =>
      trial(subject, script, async ({ filter, backend, close }) => {
        await judged(subject, filter, sample(subject), script === subject.backend ? subject.grace : TRYING / 3)
        const closed = await close()
        if ('error' in closed) fail(`close() threw: ${String(closed.error)}`, closed.error)
        await delay(AFTERMATH)
        if (!(await eventually(() => (backend?.open ?? 0) === 0, subject.grace))) {
          fail(`close() leaves ${backend?.open} connection(s) to the backend open`)
        }
      })
    const left = await leftovers(judgeAndClose, subject.grace)
    if (left.length > 0) fail(`close() leaves behind: ${left.join(', ')}`)
    if (subject.backend === undefined) break
  }
}

async function endsReadings(subject: Subject): Promise<void> {
  for (const script of [subject.backend, 'hang', 'refuse', 'close', 'nonsense'] as const) {
    const well = script === subject.backend
    await trial(subject, script, async ({ filter }) => {
      for (const letter of [sample(subject, [10]), message(EIGHT_BIT, { chunks: [10] })]) {
        const seen = witness(letter)
        if (well) await verdictOn(subject, filter, seen.message)
        else await judged(subject, filter, seen.message, TRYING / 3)
        seen.seal()
        await delay(AFTERMATH)
        if (!(await eventually(() => seen.reading === 0, subject.grace))) {
          fail(`${seen.reading} of ${seen.begun} reading(s) not ended${well ? '' : `, backend: ${script}`}`)
        }
        if (well && seen.late) fail('reads the message after its verdict')
      }
    })
    if (subject.backend === undefined) break
  }
}

async function throwsUnread(subject: Subject): Promise<void> {
  await trial(subject, subject.backend, async ({ filter }) => {
    const broken = unreadable(sample(subject, [10]), () => true)
    const outcome = await judged(subject, filter, broken.message, subject.grace)
    if (broken.hit() && 'value' in outcome) fail(`gives ${outcome.value.action} for a message that it could not read`)
  })
}

async function readsInStep(subject: Subject): Promise<void> {
  await trial(subject, 'stall', async ({ filter }) => {
    const seen = witness(hugeLetter())
    const stuck = new AbortController()
    const judging = judged(subject, filter, seen.message, 2 * subject.grace, stuck)
    for (let still = 0, given = -1; still < STILL; await delay(20)) {
      still = given === seen.given ? still + 1 : 0
      given = seen.given
    }
    stuck.abort()
    await judging
    if (seen.given > HELD) fail(`reads ${seen.given} bytes of ${HUGE} ahead of a backend that reads none`)
  })
}

async function holdsLittle(subject: Subject): Promise<void> {
  await trial(subject, 'hang', async ({ filter }) => {
    const letter = hugeLetter()
    const before = await memory()
    let held = 0
    async function* open() {
      yield* letter.open()
      held = (await memory()) - before
    }
    await judged(subject, filter, { ...letter, open }, subject.backend === undefined ? 2 * subject.grace : TRYING)
    if (held > HELD) fail(`holds ${held} bytes of a message of ${HUGE}`)
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
