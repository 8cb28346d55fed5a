/** Checks of filters that rewrite: content is read only when somebody asks for it, is whole or an error, and ends all its readings. */
import { setTimeout as delay } from 'node:timers/promises'
import { isUint8Array } from 'node:util/types'
import type { Bytes, Rewrite } from '../../contract.js'
import { sample, verdictOn, withFilter } from './filter-run.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import { unreadable } from './messages.js'
import { type ObservedMessage, observe } from './observed-message.js'
import { eventually, fail, settled } from './waiting.js'

export const REWRITING: readonly Check[] = [
  { name: 'opens nothing before its content is read', body: opensLate },
  { name: 'gives content in chunks of type Uint8Array', body: givesBytes },
  { name: 'ends its reading of the message when its content was read or broken off', body: endsContent },
  { name: 'gives an error, not half a content, when the message cannot be read', body: failsWhole },
]

async function opensLate(tested: FilterUnderTest): Promise<void> {
  await rewritten(tested, async (verdict, observed) => {
    if (observed.unfinished > 0) fail('reads the message after its verdict')
    const { readings } = observed
    const reading = verdict.content()[Symbol.asyncIterator]()
    await delay(50)
    const early = observed.readings > readings
    await reading.return?.()
    if (early) fail('content() begins to read before anybody asks for bytes')
  })
}

async function givesBytes(tested: FilterUnderTest): Promise<void> {
  await rewritten(tested, async (verdict) => {
    await settledReading(tested, verdict.content(), (chunk: unknown) => {
      if (!isUint8Array(chunk)) fail(`a chunk is a Uint8Array, not ${typeof chunk}`)
      return true
    })
  })
}

async function endsContent(tested: FilterUnderTest): Promise<void> {
  for (const [path, more] of [
    ['was read to its end', true],
    ['was broken off', false],
  ] as const) {
    await rewritten(tested, async (verdict, observed) => {
      await settledReading(tested, verdict.content(), () => more)
      if (!(await eventually(() => observed.unfinished === 0, tested.grace))) {
        fail(`${observed.unfinished} reading(s) of the message not ended after the content ${path}`)
      }
    })
  }
}

async function failsWhole(tested: FilterUnderTest): Promise<void> {
  let broken = false
  const mail = unreadable(sample(tested, [10]), () => broken)
  await withFilter(tested, tested.backend, async ({ filter }) => {
    const verdict = await verdictOn(tested, filter, mail.message)
    if (!('content' in verdict)) return fail(NO_CONTENT)
    broken = true
    const reading = (async () => {
      for await (const _ of verdict.content());
    })()
    const outcome = await settled(reading, tested.grace, 'content was not read')
    if (mail.hasFailed() && 'value' in outcome)
      fail('content ends as if it were whole though the message could not be read')
  })
}

const NO_CONTENT = 'contract(): give as `sample` a message that the filter rewrites'

async function rewritten(
  tested: FilterUnderTest,
  body: (verdict: Rewrite, observed: ObservedMessage) => Promise<void>,
): Promise<void> {
  await withFilter(tested, tested.backend, async ({ filter }) => {
    const observed = observe(sample(tested, [10]))
    const verdict = await verdictOn(tested, filter, observed.message)
    if (!('content' in verdict)) return fail(NO_CONTENT)
    await body(verdict, observed)
  })
}

/** Reads chunks until `wanted` returns false. Fails the check when the reading fails or takes too long. */
async function settledReading(
  tested: FilterUnderTest,
  content: Bytes,
  wanted: (chunk: unknown) => boolean,
): Promise<void> {
  const reading = (async () => {
    for await (const chunk of content) if (!wanted(chunk)) break
  })()
  const outcome = await settled(reading, 2 * tested.grace, 'content was not read')
  if ('error' in outcome) throw outcome.error
}
