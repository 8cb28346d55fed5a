/** What becomes of a message whose recipients come out differently, whatever the next hop and the quarantine do. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OutcomeAction } from '../../src/chain/outcome.js'
import type { Party } from '../../src/chain/party.js'
import { type Front, settleEach, settleTogether } from '../../src/front/settlement.js'

/** One recipient a party; the number is what its content starts with. Equal numbers are equal bytes. */
interface Planned {
  readonly action: OutcomeAction
  readonly bytes: number
}

function party(position: number, { action, bytes }: Planned): Party {
  const content = { size: 1, open: async function* () {}, headers: async () => Uint8Array.of(bytes) }
  const reason = action === 'accept' ? {} : { reason: { filter: 'f', text: 'no', status: [7, 1] as const } }
  const outcome = { action, ...reason, content, edits: [], rewritten: false, reports: [], close: async () => {} }
  return {
    positions: [position],
    subject: { id: 'ID', envelope: { sender: '', recipients: [`${position}`] }, content },
    outcome,
  }
}

type Hop = 'takes' | 'refuses' | 'breaks'

/** A front that notes who got the message, and where. The next hop does as planned, turn by turn. */
function makeFront(hops: readonly Hop[], keeps = true) {
  const delivered: number[] = []
  const kept: number[] = []
  const judged: [number, number][] = []
  let turn = 0
  const front: Front<number> = {
    deliver: async ({ positions }) => {
      const hop = hops[turn++] ?? 'takes'
      if (hop === 'breaks') throw new Error('broken')
      if (hop === 'takes') delivered.push(...positions)
      return { taken: hop === 'takes', answer: hop === 'takes' ? 250 : 552 }
    },
    quarantine: async ({ positions }) => {
      if (!keeps) throw new Error('disk full')
      kept.push(...positions)
      return 250
    },
    answer: ({ action }) => ({ accept: 0, quarantine: 0, discard: 250, refuse: 550, defer: 451 })[action],
    fail: () => 451,
    judged: ({ positions }, answer) =>
      judged.push(...positions.map((position): [number, number] => [position, answer])),
  }
  return { front, delivered, kept, judged }
}

const planned = fc.record({
  action: fc.constantFrom<OutcomeAction>('accept', 'accept', 'refuse', 'defer', 'quarantine', 'discard'),
  bytes: fc.integer({ min: 0, max: 2 }),
})
const hops = fc.array(fc.constantFrom<Hop>('takes', 'takes', 'refuses', 'breaks'), { maxLength: 4 })
const all = fc.record({ plans: fc.array(planned, { minLength: 1, maxLength: 5 }), hops, keeps: fc.boolean() })

test('each by itself: everybody hears once, and 250 means that the message is somewhere', async () => {
  await fc.assert(
    fc.asyncProperty(all, async ({ plans, hops: does, keeps }) => {
      const { front, delivered, kept, judged } = makeFront(does, keeps)
      const heard = new Map<number, number>()
      await settleEach(
        plans.map((plan, position) => party(position, plan)),
        front,
        async (positions, answer) => {
          for (const position of positions) {
            expect(heard.has(position)).toBe(false)
            heard.set(position, answer)
          }
        },
      )
      expect([...heard].toSorted()).toEqual(judged.toSorted())
      for (const [position, { action }] of plans.entries()) {
        const there = { accept: delivered, quarantine: kept }[action as string]
        const answer = heard.get(position)
        if (there !== undefined) expect(answer === 250).toBe(there.includes(position))
        else expect(answer).toBe({ discard: 250, refuse: 550, defer: 451 }[action as string])
      }
      expect(new Set(delivered).size).toBe(delivered.length)
    }),
  )
})

test('together: nobody loses mail, nobody gets it twice, and what goes on as the same bytes goes on once', async () => {
  await fc.assert(
    fc.asyncProperty(all, async ({ plans, hops: does, keeps }) => {
      const { front, delivered, kept } = makeFront(does, keeps)
      const parties = plans.map((plan, position) => party(position, plan))
      const answers = await settleTogether(parties, front).catch(() => undefined)
      const answer = answers?.at(-1) ?? 451
      const actions = plans.map(({ action }) => action)
      if (actions.includes('defer')) expect([answer, delivered, kept]).toEqual([451, [], []])
      else if (actions.every((action) => action === 'refuse')) expect([answer, delivered, kept]).toEqual([550, [], []])
      else if (answer === 250) {
        const served = [...delivered, ...kept].toSorted()
        const wanting = [...actions.keys()].filter((position) => actions[position] !== 'discard')
        expect(served).toEqual(wanting)
      } else if (keeps) expect(delivered).toEqual([])
    }),
  )
})

test('together: who is refused while others are not has it in the quarantine', async () => {
  const { front, delivered, kept, judged } = makeFront([])
  const plans: Planned[] = [
    { action: 'accept', bytes: 0 },
    { action: 'refuse', bytes: 0 },
    { action: 'accept', bytes: 0 },
  ]
  const parties = plans.map((plan, position) => party(position, plan))
  expect(await settleTogether(parties, front)).toEqual([250, 250])
  expect([delivered, kept]).toEqual([[0, 2], [1]])
  expect(judged).toHaveLength(3)
})

test('together: what the next hop does not take after it took it for others is in the quarantine', async () => {
  for (const late of ['refuses', 'breaks'] as const) {
    const { front, delivered, kept } = makeFront(['takes', late])
    const parties = [0, 1].map((bytes) => party(bytes, { action: 'accept', bytes }))
    expect(await settleTogether(parties, front)).toEqual([250, 250])
    expect([delivered, kept]).toEqual([[0], [1]])
  }
})
