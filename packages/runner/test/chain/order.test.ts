/** Filters that run at the same time give what they would give one after another. */
import { setTimeout as sleep } from 'node:timers/promises'
import { accept, addHeader, removeHeader, rewrite, type Verdict } from '@candy/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Chain } from '../../src/chain/chain.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { Deadline } from '../../src/chain/deadline.js'
import type { Outcome } from '../../src/chain/outcome.js'
import { receive } from '../../src/message/spool.js'
import { chunks, makeFilter, memoryLog, reasonOf, text } from '../support.js'
import { FORGED, IN_MEMORY, only, type Ran, run } from './run.js'

/** What a generated filter does. */
type Act =
  | { readonly kind: 'accept' | 'forge' | 'remove'; readonly rewrites: boolean }
  | { readonly kind: 'reject' | 'quarantine' | 'defer' | 'unscannable'; readonly found: boolean }
  | { readonly kind: 'throw' | 'nonsense' | 'stranger' }

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('accept', 'forge', 'remove'), rewrites: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('reject', 'quarantine', 'defer', 'unscannable'),
      found: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('throw', 'nonsense', 'stranger') }) },
) as fc.Arbitrary<Act>

const plan = fc.record({
  act,
  delay: fc.integer({ min: 0, max: 3 }),
  onReject: fc.constantFrom('refuse', 'quarantine', 'tag', 'discard'),
  onError: fc.constantFrom('defer', 'accept', 'quarantine'),
  onQuarantine: fc.constantFrom('quarantine', 'tag', 'refuse'),
  onUnscannable: fc.constantFrom('quarantine', 'refuse', 'tag', 'defer', 'accept'),
  fields: fc.constantFrom<readonly string[]>([], ['X-Own'], ['x-own*'], ['X-Own-Score', 'X-Nobody']),
})

type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never

function makeFilters(plans: readonly Plan[], delays: boolean): ConfiguredFilter[] {
  return plans.map(({ act: does, delay, fields, ...policy }, index) => ({
    ...makeFilter(
      `f${index}`,
      async (message, context) => {
        const seen = Buffer.from(await message.headers()).toString()
        if (delays) await sleep(delay, undefined, { signal: context.signal })
        return perform(does, index, seen)
      },
      policy as object,
      'rewrites' in does && does.rewrites,
    ),
    fields,
  }))
}

function perform(does: Act, index: number, seen: string): Verdict {
  if (does.kind === 'throw') throw new Error('broken')
  if (does.kind === 'nonsense') return { action: 'drop' } as unknown as Verdict
  if (!('rewrites' in does || 'found' in does)) return accept([addHeader('Undeclared', '1')])
  if ('found' in does) {
    return { action: does.kind, text: `by ${index}`, ...(does.found && { edits: [addHeader('X-Found', `${index}`)] }) }
  }
  const edits = {
    accept: [],
    forge: [addHeader('X-Mark', `${index} saw ${seen.length}`)],
    remove: [removeHeader('X-Mark'), addHeader('X-Removed', `${index}`)],
  }[does.kind]
  return does.rewrites ? rewrite(() => chunks(`${seen}X-By: ${index}\n\nnew\r`), edits) : accept(edits)
}

/**
 * The simplest implementation of running filters one after another: every group receives the message, and then each of its filters
 * judges it in turn.
 */
async function oneAfterAnother(plans: readonly Plan[]): Promise<Ran> {
  let next = plans.slice()
  let message = disarmed(FORGED, plans)
  while (next.length > 0) {
    const size = isRewriter(next[0])
      ? 1
      : Math.max(1, next.findIndex(isRewriter) === -1 ? next.length : next.findIndex(isRewriter))
    const start = plans.length - next.length
    // Fields that earlier filters added are not the sender's, so none is removed any more.
    const all = makeFilters(plans, false).map((filter) => ({ ...filter, fields: [] }))
    const ran: Ran[] = []
    for (let index = start; index < start + size; index++) ran.push(await runOn(all[index], message))
    const stop = ran.find(({ outcome }) => outcome.action !== 'accept')
    if (stop !== undefined) return stop
    if (size === 1) message = ran[0]?.output ?? ''
    else message = merge(message, ran)
    next = next.slice(size)
  }
  return { outcome: { action: 'accept' } as Outcome, output: message }
}

/** The message without the fields that any of the filters declares, and without the runner's. */
function disarmed(message: string, plans: readonly Plan[]): string {
  const names = plans.flatMap(({ fields }) => fields).map((field) => field.replace('*', '[^:]*'))
  return message.replace(
    new RegExp(`^(?:X-Candy-Status|${['x-none', ...names].join('|')}):.*\\r\\n(?: .*\\r\\n)*`, 'gim'),
    '',
  )
}

function isRewriter(p: Plan | undefined): boolean {
  return p !== undefined && 'rewrites' in p.act && p.act.rewrites
}

/** First the removals of all filters of the group, then their additions on top. */
function merge(message: string, ran: readonly Ran[]): string {
  const removed = ran.some(({ outcome }) => outcome.edits.some((edit) => 'remove' in edit))
  const kept = removed ? message.replace(/^X-Mark:.*\r\n/gm, '') : message
  return ran
    .flatMap(({ outcome }) => outcome.edits)
    .reduce((sum, edit) => ('add' in edit ? `${edit.add}: ${edit.value}\r\n${sum}` : sum), kept)
}

/** Runs one filter in a chain of its own, on a message to which earlier groups may have added fields. Those are not removed. */
async function runOn(filter: ConfiguredFilter | undefined, marked: string): Promise<Ran> {
  const message = marked.replaceAll('X-Candy-Status', 'Y-Candy-Status')
  const spool = IN_MEMORY
  const content = await receive(chunks(message), spool)
  const envelope = { sender: '', recipients: ['r@example.com'] } as const
  const chain = new Chain(filter === undefined ? [] : [filter], { spool, log: memoryLog() })
  const outcome = only(await chain.run({ id: 'ID', envelope, content }, new Deadline()))
  return { outcome, output: (await text(outcome.content.open())).replaceAll('Y-Candy-Status', 'X-Candy-Status') }
}

test('running at the same time gives what running one after another gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { maxLength: 6 }), async (plans) => {
      const together = await run(makeFilters(plans, true), new Deadline(), FORGED)
      const sequential = await oneAfterAnother(plans)
      expect(together.outcome.action).toBe(sequential.outcome.action)
      expect(reasonOf(together.outcome)).toEqual(reasonOf(sequential.outcome))
      if (together.outcome.action === 'accept') expect(together.output).toBe(sequential.output)
      else expect(together.output).toBe(FORGED)
    }),
    { numRuns: 200 },
  )
})
