/** What is done with a message whose recipients have different outcomes, whatever the next hop and the quarantine do. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Outcome, OutcomeAction } from '../../src/chain/outcome.js'
import type { RecipientGroup } from '../../src/chain/recipient-group.js'
import { deliverEach, deliverTogether, type OutcomeActions } from '../../src/delivery/outcome-delivery.js'

/** Groups of one recipient each. The number is what the content starts with, so groups with the same number get the same bytes. */
interface Planned {
  readonly action: OutcomeAction
  readonly bytes: number
}

function group(position: number, { action, bytes }: Planned): RecipientGroup {
  const content = { size: 1, open: async function* () {}, headers: async () => Uint8Array.of(bytes) }
  const common = { content, edits: [], rewritten: false, reports: [], close: async () => {} }
  const reason = { filter: 'f', text: 'no', status: [7, 1] } as const
  const outcome: Outcome = action === 'accept' ? { action, ...common } : { action, reason, ...common }
  return {
    positions: [position],
    message: { id: 'ID', envelope: { sender: '', recipients: [`${position}`] }, content },
    outcome,
  }
}

type Hop = 'takes' | 'refuses' | 'breaks'

/** Actions that record for whom the message was delivered and quarantined. `hops` has what the next hop does with each delivery, in order. */
function makeActions(hops: readonly Hop[], keeps = true) {
  const delivered: number[] = []
  const kept: number[] = []
  const judged: [number, number][] = []
  let turn = 0
  const actions: OutcomeActions<number> = {
    deliver: async ({ positions }) => {
      const hop = hops[turn++] ?? 'takes'
      if (hop === 'breaks') throw new Error('broken')
      if (hop === 'takes') delivered.push(...positions)
      return { delivered: hop === 'takes', answer: hop === 'takes' ? 250 : 552 }
    },
    quarantine: async ({ positions }) => {
      if (!keeps) throw new Error('disk full')
      kept.push(...positions)
      return 250
    },
    answer: ({ action }) => ({ quarantine: 0, discard: 250, refuse: 550, defer: 451 })[action],
    fail: () => 451,
    log: ({ positions }, answer) => judged.push(...positions.map((position): [number, number] => [position, answer])),
  }
  return { actions, delivered, kept, judged }
}

const planned = fc.record({
  action: fc.constantFrom<OutcomeAction>('accept', 'accept', 'refuse', 'defer', 'quarantine', 'discard'),
  bytes: fc.integer({ min: 0, max: 2 }),
})
const hops = fc.array(fc.constantFrom<Hop>('takes', 'takes', 'refuses', 'breaks'), { maxLength: 4 })
const all = fc.record({ plans: fc.array(planned, { minLength: 1, maxLength: 5 }), hops, keeps: fc.boolean() })

test('with an answer for each, every recipient is answered once, and 250 means that the message was delivered or quarantined', async () => {
  await fc.assert(
    fc.asyncProperty(all, async ({ plans, hops: does, keeps }) => {
      const { actions, delivered, kept, judged } = makeActions(does, keeps)
      const answered = new Map<number, number>()
      const groups = plans.map((plan, position) => group(position, plan))
      for await (const { positions, answer } of deliverEach(groups, actions)) {
        for (const position of positions) {
          expect(answered.has(position)).toBe(false)
          answered.set(position, answer)
        }
      }
      expect([...answered].toSorted()).toEqual(judged.toSorted())
      for (const [position, { action }] of plans.entries()) {
        const there = { accept: delivered, quarantine: kept }[action as string]
        const answer = answered.get(position)
        if (there !== undefined) expect(answer === 250).toBe(there.includes(position))
        else expect(answer).toBe({ discard: 250, refuse: 550, defer: 451 }[action as string])
      }
      expect(new Set(delivered).size).toBe(delivered.length)
    }),
  )
})

test('with one answer for all, nobody loses mail or gets it twice, and recipients of the same bytes are served by one delivery', async () => {
  await fc.assert(
    fc.asyncProperty(all, async ({ plans, hops: does, keeps }) => {
      const { actions, delivered, kept, judged } = makeActions(does, keeps)
      const groups = plans.map((plan, position) => group(position, plan))
      const answers = await deliverTogether(groups, actions)
      const answer = answers.at(-1)
      expect(judged.map(([position]) => position).toSorted()).toEqual([...plans.keys()])
      const planned = plans.map(({ action }) => action)
      if (planned.includes('defer')) expect([answer, delivered, kept]).toEqual([451, [], []])
      else if (planned.every((action) => action === 'refuse')) expect([answer, delivered, kept]).toEqual([550, [], []])
      else if (answer === 250) {
        const served = [...delivered, ...kept].toSorted()
        const wanting = [...planned.keys()].filter((position) => planned[position] !== 'discard')
        expect(served).toEqual(wanting)
      } else if (keeps) expect(delivered).toEqual([])
    }),
  )
})

test('with one answer for all, the message of recipients who are refused while others are not goes into the quarantine', async () => {
  const { actions, delivered, kept, judged } = makeActions([])
  const plans: Planned[] = [
    { action: 'accept', bytes: 0 },
    { action: 'refuse', bytes: 0 },
    { action: 'accept', bytes: 0 },
  ]
  const groups = plans.map((plan, position) => group(position, plan))
  expect(await deliverTogether(groups, actions)).toEqual([250, 250])
  expect([delivered, kept]).toEqual([[0, 2], [1]])
  expect(judged).toHaveLength(3)
})

test('with one answer for all, a message that the next hop refuses after it has accepted it for others goes into the quarantine', async () => {
  for (const late of ['refuses', 'breaks'] as const) {
    const { actions, delivered, kept } = makeActions(['takes', late])
    const groups = [0, 1].map((bytes) => group(bytes, { action: 'accept', bytes }))
    expect(await deliverTogether(groups, actions)).toEqual([250, 250])
    expect([delivered, kept]).toEqual([[0], [1]])
  }
})
