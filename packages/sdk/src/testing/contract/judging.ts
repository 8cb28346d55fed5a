/** Checks of every filter: what it says of messages of all kinds. */
import { isDeepStrictEqual } from 'node:util'
import type { Filter, Message, Verdict } from '../../contract.js'
import { declarationFault } from '../../field-declaration.js'
import { editsFault, verdictFault } from '../../verdict-fault.js'
import { testHost } from '../host.js'
import { message } from '../message.js'
import { EIGHT_BIT, EMPTY_BODY, HEADERS_ALONE, ORDINARY } from './letters.js'
import { fail } from './patience.js'
import type { Check, Subject } from './subject.js'
import { sample, trial, verdictOn } from './trial.js'

const CHUNKINGS = [[1], [2, 0, 3], [7, 64, 1], [998], [65536]]

const LETTERS = [
  ['an empty message', ''],
  ['an empty body', EMPTY_BODY],
  ['headers alone', HEADERS_ALONE],
  ['8-bit bytes', EIGHT_BIT],
] as const

export const JUDGING: readonly Check[] = [
  { name: 'says what package it is', body: identity },
  { name: 'takes its options', body: async (subject) => trial(subject, subject.backend, async () => undefined) },
  { name: 'gives verdicts that runners know', body: knownVerdicts },
  { name: 'gives edits that can be applied', body: applicableEdits },
  ...LETTERS.map(([what, bytes]) => ({
    name: `judges ${what}`,
    body: async (subject: Subject) =>
      trial(subject, subject.backend, async ({ filter }) => {
        await verdictOn(subject, filter, message(bytes))
      }),
  })),
  { name: 'judges the same whatever the chunks', body: anyChunks },
  { name: 'judges many messages at once as it judges them alone', body: atOnce },
  { name: 'serves two drop-ins in one process', body: twoInstances },
  { name: 'judges in a check as it judges mail', body: inCheck },
]

async function identity({ filter }: Subject): Promise<void> {
  if (filter.api !== 1) fail(`api is 1, not ${String(filter.api)}`)
  if (typeof filter.name !== 'string' || !/^[a-z0-9-]+$/.test(filter.name)) fail(`not a name: ${String(filter.name)}`)
  if (typeof filter.rewrites !== 'boolean') fail(`rewrites is true or false, not ${String(filter.rewrites)}`)
  const fault = declarationFault(filter)
  if (fault !== undefined) fail(fault)
  if (filter.options?.['~standard']?.version !== 1) fail('options are not a Standard Schema (version 1)')
  if (typeof filter.create !== 'function') fail('create is not a function')
}

async function knownVerdicts(subject: Subject): Promise<void> {
  await eachVerdict(subject, (verdict) => verdictFault(verdict, subject.filter) ?? silence(verdict))
}

/** A runner takes it; the person who reads the log would have nothing to go by. */
function silence(verdict: Verdict): string | undefined {
  return 'text' in verdict && verdict.text.trim() === '' ? 'a refusal has a text' : undefined
}

async function applicableEdits(subject: Subject): Promise<void> {
  await eachVerdict(subject, (verdict) => ('edits' in verdict ? editsFault(verdict.edits) : undefined))
}

async function anyChunks(subject: Subject): Promise<void> {
  await trial(subject, subject.backend, async ({ filter }) => {
    for (const bytes of [subject.sample, EIGHT_BIT]) {
      const whole = await verdictOn(subject, filter, message(bytes))
      for (const chunks of CHUNKINGS) {
        const verdict = await verdictOn(subject, filter, message(bytes, { chunks }))
        same(verdict, whole, `in chunks of ${chunks.join(', ')} bytes`)
      }
    }
  })
}

async function atOnce(subject: Subject): Promise<void> {
  await trial(subject, subject.backend, async ({ filter }) => {
    const letters = [...letterKinds(subject), ...letterKinds(subject)]
    const alone: Verdict[] = []
    for (const letter of letters) alone.push(await verdictOn(subject, filter, letter))
    const together = await Promise.all(letters.map((letter) => verdictOn(subject, filter, letter)))
    together.forEach((verdict, index) => {
      same(verdict, alone[index], 'while it judged others')
    })
  })
}

async function twoInstances(subject: Subject): Promise<void> {
  await trial(subject, subject.backend, async ({ filter, another, close }) => {
    const second: Filter<Verdict> = await another()
    try {
      const before = await verdictOn(subject, filter, sample(subject))
      await close()
      same(await verdictOn(subject, second, sample(subject)), before, 'by a second instance, the first one closed')
    } finally {
      await second.close?.()
    }
  })
}

/** A check tells an operator what becomes of mail, so it must not depend on being one. */
async function inCheck(subject: Subject): Promise<void> {
  await trial(subject, subject.backend, async ({ filter, another }) => {
    const host = testHost({ check: true })
    const checking = await another(host)
    try {
      const inMail = await verdictOn(subject, filter, sample(subject))
      same(await verdictOn(subject, checking, sample(subject)), inMail, 'when it is made for a check')
    } finally {
      await checking.close?.()
      await host.close()
    }
  })
}

async function eachVerdict(subject: Subject, fault: (verdict: Verdict) => string | undefined): Promise<void> {
  await trial(subject, subject.backend, async ({ filter }) => {
    for (const letter of letterKinds(subject)) {
      const found = fault(await verdictOn(subject, filter, letter))
      if (found !== undefined) fail(found)
    }
  })
}

/** The sample and the suite's letters, each with an envelope of its own. */
function letterKinds(subject: Subject): Message[] {
  return [subject.sample, ORDINARY, EMPTY_BODY, EIGHT_BIT, ''].map((bytes, index) =>
    message(bytes, { id: `TEST${index}`, envelope: { sender: index === 1 ? '' : `sender${index}@example.com` } }),
  )
}

/** Fails unless the verdicts are equal but for their content, which is a function. */
function same(verdict: Verdict, expected: Verdict | undefined, when: string): void {
  const plain = (v: Verdict | undefined) => (v !== undefined && 'content' in v ? { ...v, content: 'content' } : v)
  if (isDeepStrictEqual(plain(verdict), plain(expected))) return
  fail(`gives another verdict ${when}: ${JSON.stringify(verdict)}, not ${JSON.stringify(expected)}`)
}
