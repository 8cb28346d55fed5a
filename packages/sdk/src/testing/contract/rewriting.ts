/** Checks of filters that rewrite: their content is lazy, whole or an error, and ended on every path. */
import { setTimeout as delay } from 'node:timers/promises'
import { isUint8Array } from 'node:util/types'
import type { Bytes, Rewrite } from '../../contract.js'
import { unreadable } from './letters.js'
import { eventually, fail, settled } from './patience.js'
import type { Check, Subject } from './subject.js'
import { sample, trial, verdictOn } from './trial.js'
import { type Witness, witness } from './witness.js'

export const REWRITING: readonly Check[] = [
  { name: 'opens nothing before its content is read', body: opensLate },
  { name: 'gives content in chunks of type Uint8Array', body: givesBytes },
  { name: 'ends its content on every path', body: endsContent },
  { name: 'gives an error, not half a content, when the message cannot be read', body: failsWhole },
]

async function opensLate(subject: Subject): Promise<void> {
  await rewritten(subject, async (verdict, seen) => {
    if (seen.reading > 0) fail('reads the message after its verdict')
    const { begun } = seen
    const reading = verdict.content()[Symbol.asyncIterator]()
    await delay(50)
    const early = seen.begun > begun
    await reading.return?.()
    if (early) fail('content() begins to read before anybody asks for bytes')
  })
}

async function givesBytes(subject: Subject): Promise<void> {
  await rewritten(subject, async (verdict) => {
    await settledReading(subject, verdict.content(), (chunk: unknown) => {
      if (!isUint8Array(chunk)) fail(`a chunk is a Uint8Array, not ${typeof chunk}`)
      return true
    })
  })
}

async function endsContent(subject: Subject): Promise<void> {
  for (const [path, more] of [
    ['was read to its end', true],
    ['was broken off', false],
  ] as const) {
    await rewritten(subject, async (verdict, seen) => {
      await settledReading(subject, verdict.content(), () => more)
      if (!(await eventually(() => seen.reading === 0, subject.grace))) {
        fail(`${seen.reading} reading(s) of the message not ended after the content ${path}`)
      }
    })
  }
}

async function failsWhole(subject: Subject): Promise<void> {
  let broken = false
  const letter = unreadable(sample(subject, [10]), () => broken)
  await trial(subject, subject.backend, async ({ filter }) => {
    const verdict = await verdictOn(subject, filter, letter.message)
    if (!('content' in verdict)) return fail(NO_CONTENT)
    broken = true
    const reading = (async () => {
      for await (const _ of verdict.content());
    })()
    const outcome = await settled(reading, subject.grace, 'content was not read')
    if (letter.hit() && 'value' in outcome)
      fail('content ends as if it were whole though the message could not be read')
  })
}

const NO_CONTENT = 'contract(): give as `sample` a message that the filter rewrites'

async function rewritten(subject: Subject, body: (verdict: Rewrite, seen: Witness) => Promise<void>): Promise<void> {
  await trial(subject, subject.backend, async ({ filter }) => {
    const seen = witness(sample(subject, [10]))
    const verdict = await verdictOn(subject, filter, seen.message)
    if (!('content' in verdict)) return fail(NO_CONTENT)
    await body(verdict, seen)
  })
}

/** Reads on while `wanted` says so; fails the check when the reading fails or takes too long. */
async function settledReading(subject: Subject, content: Bytes, wanted: (chunk: unknown) => boolean): Promise<void> {
  const reading = (async () => {
    for await (const chunk of content) if (!wanted(chunk)) break
  })()
  const outcome = await settled(reading, 2 * subject.grace, 'content was not read')
  if ('error' in outcome) throw outcome.error
}
