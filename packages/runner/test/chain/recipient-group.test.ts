/** What a group gets is what its recipients would get if the message were for each of them alone. */
import { addHeader, type Verdict } from '@candy/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AddressMap } from '../../src/chain/address-map.js'
import { Chain } from '../../src/chain/chain.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { Deadline } from '../../src/chain/deadline.js'
import type { RecipientGroup } from '../../src/chain/recipient-group.js'
import { receive } from '../../src/message/spool.js'
import { chunks, makeFilter, memoryLog, reasonOf, scratch, text } from '../support.js'

const RECIPIENTS = ['a@one.example', 'b@one.example', 'c@two.example', 'd@three.example', 'A@one.example']
const PATTERNS = ['a@one.example', 'one.example', 'two.example', '.example', '*']

const act = fc.constantFrom('mark', 'reject', 'defer', 'throw', 'rewrite')
const setting = fc.oneof(fc.constantFrom('off' as const, 'usual' as const), act)
const plan = fc.record({ act, rules: fc.dictionary(fc.constantFrom(...PATTERNS), setting, { maxKeys: 3 }) })
type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never

function make(name: string, does: string): ConfiguredFilter {
  const judge = (): Verdict => {
    if (does === 'throw') throw new Error('broken')
    if (does === 'reject' || does === 'defer') return { action: does, text: name }
    const edits = [addHeader(`X-${name}`, does)]
    return does === 'rewrite'
      ? { action: 'accept', edits, content: () => chunks('A: b\n\nnew\n') }
      : { action: 'accept', edits }
  }
  return makeFilter(name, judge, {}, true)
}

function makeFilters(plans: readonly Plan[]): readonly ConfiguredFilter[] {
  return plans.map(({ act: usual, rules }, at) => {
    const made = Object.entries(rules).map(([pattern, does]) => {
      return [pattern, does === 'off' || does === 'usual' ? does : make(`f${at}`, does)] as const
    })
    const recipients = new AddressMap<ConfiguredFilter | 'off' | 'usual'>(made)
    return made.length === 0 ? make(`f${at}`, usual) : { ...make(`f${at}`, usual), recipients }
  })
}

interface Come {
  readonly action: string
  readonly reason: unknown
  readonly output: string
}

/** What becomes of the message for each recipient, and how many groups there were. */
async function run(
  filters: readonly ConfiguredFilter[],
  recipients: readonly string[],
): Promise<{ readonly came: readonly Come[]; readonly groups: readonly RecipientGroup[] }> {
  const spool = { directory: scratch(), memory: 1e6 }
  const content = await receive(chunks('Subject: hi\r\n\r\nbody\r\n'), spool)
  const [first = '', ...others] = recipients
  const message = { id: 'ID', envelope: { sender: '', recipients: [first, ...others] }, content } as const
  const groups = await new Chain(filters, { spool, log: memoryLog() }).run(message, new Deadline())
  const came: Come[] = []
  for (const { positions, message: own, outcome } of groups) {
    const output = await text(outcome.content.open())
    expect(own.envelope.recipients).toEqual(positions.map((position) => recipients[position]))
    for (const position of positions) came[position] = { action: outcome.action, reason: reasonOf(outcome), output }
    await outcome.close()
  }
  await content.close()
  return { came, groups }
}

test('each recipient gets the outcome that it would get alone', async () => {
  const all = fc.record({
    plans: fc.array(plan, { maxLength: 3 }),
    recipients: fc.array(fc.constantFrom(...RECIPIENTS), { minLength: 1, maxLength: 6 }),
  })
  await fc.assert(
    fc.asyncProperty(all, async ({ plans, recipients }) => {
      const filters = makeFilters(plans)
      const together = await run(filters, recipients)
      expect(together.groups.flatMap(({ positions }) => positions).toSorted()).toEqual([...recipients.keys()])
      for (const [position, recipient] of recipients.entries()) {
        expect(together.came[position]).toEqual((await run(filters, [recipient])).came[0])
      }
    }),
    { numRuns: 60 },
  )
})

test('recipients with the same settings are judged once, whichever rules gave them these settings', async () => {
  let judged = 0
  const counting = makeFilter('counting', () => {
    judged++
    return { action: 'accept' }
  })
  const other = { ...counting, policy: { ...counting.policy, timeout: 1 } }
  const rules = [
    ['one.example', other],
    ['two.example', other],
    ['three.example', 'usual'],
  ] as const
  const filter = { ...counting, recipients: new AddressMap<ConfiguredFilter | 'usual'>(rules) }
  const { groups } = await run([filter], ['a@one.example', 'b@two.example', 'c@three.example', 'd@four.example'])
  expect(groups.map(({ positions }) => positions)).toEqual([
    [0, 1],
    [2, 3],
  ])
  expect(judged).toBe(2)
})

test('many groups are judged a few at a time', async () => {
  let running = 0
  let most = 0
  const slow = makeFilter('slow', async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 1))
    running--
    return { action: 'accept' }
  })
  const recipients = Array.from({ length: 12 }, (_, n) => `${n}@example.org`)
  const rules = recipients.map((recipient) => [recipient, { ...slow }] as const)
  const { groups } = await run([{ ...slow, recipients: new AddressMap(rules) }], recipients)
  expect(groups).toHaveLength(12)
  expect(most).toBe(4)
})
