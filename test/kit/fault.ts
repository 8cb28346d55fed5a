/**
 * Hundreds of messages through a real Postfix while something goes wrong again and again: each must arrive, whole and
 * judged, and none may bounce. Twice it may arrive only where SMTP itself cannot tell: a process died between the next
 * hop's 250 and ours (RFC 5321 §4.5.4.1). How many that can be is known for every fault, and counted.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { account, LOAD, MARKING, type Posted, post, type Sealed, seal } from './bulk-mail.js'
import { writeFilterFile } from './filter-file.js'
import type { RelayTestBed } from './relay.js'
import { soaking } from './soak.js'
import { until } from './waiting.js'

/** Milliseconds that a fault under load may take in a test, on a machine that is busy with others. */
export const LONG: number = soaking ? 1_800_000 : 300_000

/** Messages that show that mail flows, and that there are some between two strokes. */
const FLOW = 50

/** Milliseconds that it may take to do so, unless there is none left. */
const LULL = 10_000

export interface Fault {
  /** Makes it go wrong once. `turn` counts from 0. */
  strike(turn: number): Promise<unknown>
  /** Puts right what is still wrong. */
  mend?(): Promise<unknown>
  /** Milliseconds between two strokes. */
  readonly pause?: number
  /** Whether mail flows again by itself after a stroke; then the next one waits until it does. */
  readonly heals?: boolean
  /** Whether mail does not notice: no client has to send a message again, and none is deferred. */
  readonly harmless?: boolean
  /** Messages that one stroke can make arrive twice, at most: those under way in what dies. None unless said. */
  readonly repeats?: number
}

export interface Endured extends Posted {
  readonly strokes: number
  /** Messages that arrived twice. */
  readonly repeats: number
}

/** Has every message marked with what was judged of it. */
export async function installMarking(testBed: RelayTestBed): Promise<void> {
  const path = join(testBed.directory, 'marking.js')
  await writeFilterFile(path, { judge: MARKING })
  await testBed.writeFilter('10-marking.toml', `filter = "${path}"\n`)
  await testBed.reload()
}

/** A test for each fault, by its name, with so many messages. */
export function testFaults(
  testBed: () => RelayTestBed,
  faults: Readonly<Record<string, Fault>>,
  count: number = LOAD,
): void {
  test.for(Object.entries(faults))('%s', { timeout: LONG }, async ([name, fault], { annotate }) => {
    const { strokes, again, repeats } = await endure(testBed(), fault, seal(name, count))
    await annotate(`${strokes} strokes; ${again} mails sent again, ${repeats} messages twice`)
  })
}

/** Sends mails while the fault strikes, and accounts for those that should arrive. */
export async function endure(
  testBed: RelayTestBed,
  { strike, mend, pause = 300, heals = false, harmless = false, repeats: most = 0 }: Fault,
  mails: readonly Sealed[],
  expected: readonly Sealed[] = mails,
): Promise<Endured> {
  const { postfix, sink } = testBed
  const from = (await postfix.log()).length
  sink.clear()
  const end = new AbortController()
  let strokes = 0
  const striking = (async () => {
    while (!end.signal.aborted) {
      const { count } = sink
      await strike(strokes)
      strokes += 1
      await sleep(pause, undefined, { signal: end.signal }).catch(() => {})
      if (heals)
        await until('mail to flow', () => sink.count > count + FLOW || end.signal.aborted, {
          milliseconds: LULL,
        }).catch(() => {})
    }
  })()
  let failure: unknown
  striking.catch((error: unknown) => {
    failure = error
  })
  const struck = (times: number): boolean => {
    if (failure !== undefined) throw failure
    return strokes >= times
  }
  let posted: Posted
  try {
    const half = mails.length / 2
    const first = await post(postfix.port, mails.slice(0, half))
    await until('a stroke', () => struck(1), { milliseconds: LONG })
    const second = await post(postfix.port, mails.slice(half))
    await until('another stroke', () => struck(2), { milliseconds: LONG })
    // Behind a queue mail arrives long after it was taken; a long test does not leave it in peace meanwhile.
    if (soaking && heals) {
      const nearlyAll = 0.9 * expected.length
      await until('most of the mail', () => struck(2) && sink.count > nearlyAll, { milliseconds: LONG })
    }
    posted = { again: first.again + second.again, refused: [...first.refused, ...second.refused] }
  } finally {
    end.abort()
    await striking
    await mend?.()
  }
  await postfix.flush()
  await postfix.waitUntilEmpty(LONG)
  const logged = (await postfix.log()).slice(from)
  expect(logged).not.toMatch(/status=(bounced|expired|undeliverable)/)
  if (harmless) {
    expect(logged.match(/.*status=deferred.*/g)).toBeNull()
    expect(posted.again).toBe(0)
  }
  expect(posted.refused).toEqual([])
  const { repeats, ...rest } = account(expected, sink.messages)
  expect(rest).toEqual({ missing: [], strange: [], altered: [], unjudged: [] })
  expect(repeats).toBeLessThanOrEqual(strokes * most)
  return { ...posted, strokes, repeats }
}
