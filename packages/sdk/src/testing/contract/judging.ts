/** Checks of every filter: its members, and its verdicts on messages of many kinds. */
import type { Filter, Message, Verdict } from '../../contract.js'
import { declarationProblem } from '../../field-declaration.js'
import { editsProblem, verdictProblem } from '../../verdict-problem.js'
import { testHost } from '../host.js'
import { message } from '../message.js'
import { sample, verdictOn, withFilter } from './filter-run.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import { EIGHT_BIT, EMPTY_BODY, HEADERS_ALONE, ORDINARY } from './messages.js'
import { same } from './same-verdict.js'
import { fail } from './waiting.js'

const CHUNKINGS = [[1], [2, 0, 3], [7, 64, 1], [998], [65536]]

const MESSAGES = [
  ['an empty message', ''],
  ['an empty body', EMPTY_BODY],
  ['headers alone', HEADERS_ALONE],
  ['8-bit bytes', EIGHT_BIT],
] as const

export const JUDGING: readonly Check[] = [
  { name: 'has the members of a filter package', body: filterPackage },
  { name: 'accepts its options', body: async (tested) => withFilter(tested, tested.backend, async () => undefined) },
  { name: 'returns verdicts that runners accept', body: knownVerdicts },
  { name: 'returns header edits that can be applied', body: applicableEdits },
  ...MESSAGES.map(([what, bytes]) => ({
    name: `judges ${what}`,
    body: async (tested: FilterUnderTest) =>
      withFilter(tested, tested.backend, async ({ filter }) => {
        await verdictOn(tested, filter, message(bytes))
      }),
  })),
  { name: 'gives the same verdict for any chunk boundaries', body: anyChunks },
  { name: 'gives the same verdicts when it judges many messages at once', body: atOnce },
  { name: 'works when two drop-ins use it in one process', body: twoInstances },
  { name: 'gives the same verdict when it is created for a check', body: inCheck },
]

async function filterPackage({ filter }: FilterUnderTest): Promise<void> {
  if (filter.api !== 1) fail(`api is 1, not ${String(filter.api)}`)
  if (typeof filter.name !== 'string' || !/^[a-z0-9-]+$/.test(filter.name)) fail(`not a name: ${String(filter.name)}`)
  if (typeof filter.rewrites !== 'boolean') fail(`rewrites is true or false, not ${String(filter.rewrites)}`)
  const problem = declarationProblem(filter)
  if (problem !== undefined) fail(problem)
  if (filter.options?.['~standard']?.version !== 1) fail('options are not a Standard Schema (version 1)')
  if (typeof filter.create !== 'function') fail('create is not a function')
}

async function knownVerdicts(tested: FilterUnderTest): Promise<void> {
  await eachVerdict(tested, (verdict) => verdictProblem(verdict, tested.filter) ?? missingText(verdict))
}

/** A runner accepts a refusal with a blank text, but a person who reads the log could not tell why the message was refused. */
function missingText(verdict: Verdict): string | undefined {
  return 'text' in verdict && verdict.text.trim() === '' ? 'a refusal has a text' : undefined
}

async function applicableEdits(tested: FilterUnderTest): Promise<void> {
  await eachVerdict(tested, (verdict) => ('edits' in verdict ? editsProblem(verdict.edits) : undefined))
}

async function anyChunks(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async ({ filter }) => {
    for (const bytes of [tested.sample, EIGHT_BIT]) {
      const whole = await verdictOn(tested, filter, message(bytes))
      for (const chunks of CHUNKINGS) {
        const verdict = await verdictOn(tested, filter, message(bytes, { chunks }))
        same(verdict, whole, `in chunks of ${chunks.join(', ')} bytes`)
      }
    }
  })
}

async function atOnce(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async ({ filter }) => {
    const messages = [...sampleMessages(tested), ...sampleMessages(tested)]
    const alone: Verdict[] = []
    for (const mail of messages) alone.push(await verdictOn(tested, filter, mail))
    const together = await Promise.all(messages.map((mail) => verdictOn(tested, filter, mail)))
    together.forEach((verdict, index) => {
      same(verdict, alone[index], 'while it judged others')
    })
  })
}

async function twoInstances(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async ({ filter, another, close }) => {
    const second: Filter<Verdict> = await another()
    try {
      const before = await verdictOn(tested, filter, sample(tested))
      await close()
      same(
        await verdictOn(tested, second, sample(tested)),
        before,
        'by a second instance after the first one was closed',
      )
    } finally {
      await second.close?.()
    }
  })
}

/** `candy check` tells an operator what happens to a message, so the verdict must be the one that the message gets in mail traffic. */
async function inCheck(tested: FilterUnderTest): Promise<void> {
  await withFilter(tested, tested.backend, async ({ filter, another }) => {
    const host = testHost({ check: true })
    const checking = await another(host)
    try {
      const inMail = await verdictOn(tested, filter, sample(tested))
      same(await verdictOn(tested, checking, sample(tested)), inMail, 'when it is created for a check')
    } finally {
      await checking.close?.()
      await host.close()
    }
  })
}

async function eachVerdict(
  tested: FilterUnderTest,
  problemOf: (verdict: Verdict) => string | undefined,
): Promise<void> {
  await withFilter(tested, tested.backend, async ({ filter }) => {
    for (const mail of sampleMessages(tested)) {
      const problem = problemOf(await verdictOn(tested, filter, mail))
      if (problem !== undefined) fail(problem)
    }
  })
}

/** The sample and the messages of the suite, each with another sender. */
function sampleMessages(tested: FilterUnderTest): Message[] {
  return [tested.sample, ORDINARY, EMPTY_BODY, EIGHT_BIT, ''].map((bytes, index) =>
    message(bytes, { id: `TEST${index}`, envelope: { sender: index === 1 ? '' : `sender${index}@example.com` } }),
  )
}
