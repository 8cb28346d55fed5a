import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HistoryRecord } from '../../src/history/record.js'
import { countFigures } from '../../src/report/figures.js'
import { record, rejected, SPAN } from './records.js'

const ACTIONS: readonly HistoryRecord['action'][] = ['accept', 'refuse', 'quarantine', 'discard', 'defer']

const name = fc.constantFrom('20-clamav', '60-spamassassin', 'own')
const milliseconds = fc.nat({ max: 100_000 })
const filter = fc.record({
  name,
  action: fc.constantFrom('accept', 'reject', 'quarantine', 'defer', 'unscannable', 'error', 'skipped'),
  milliseconds,
  text: fc.constantFrom('virus found: A', 'virus found: B', 'spam (score 7.1)', 'spam (score 8)'),
})
const anyRecord: fc.Arbitrary<HistoryRecord> = fc.record(
  {
    time: fc
      .date({ min: SPAN.from, max: new Date(SPAN.to.getTime() - 1), noInvalidDate: true })
      .map((date) => date.toISOString()),
    id: fc.constant('ID'),
    mode: fc.constant('smtp'),
    action: fc.constantFrom(...ACTIONS),
    milliseconds,
    size: fc.nat(),
    recipients: fc.nat({ max: 100 }),
    filters: fc.array(filter, { maxLength: 3 }),
    reason: fc.constantFrom('NEXT_HOP', 'DEADLINE'),
  },
  { requiredKeys: ['time', 'id', 'mode', 'action', 'milliseconds', 'size', 'recipients', 'filters'] },
)

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}

test('every sum agrees with the records', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { maxLength: 60 }), async (records) => {
      const figures = await countFigures(records, SPAN)
      expect(figures.messages).toBe(records.length)
      expect(figures.bytes).toBe(sum(records.map(({ size }) => size)))
      expect(figures.recipients).toBe(sum(records.map(({ recipients }) => recipients)))
      expect(sum(figures.periods.map(({ messages }) => messages))).toBe(records.length)
      expect(sum(figures.hours.flat())).toBe(records.length)
      for (const action of ACTIONS) {
        expect(figures.actions[action] ?? 0).toBe(records.filter((one) => one.action === action).length)
        expect(sum(figures.periods.map(({ actions }) => actions[action] ?? 0))).toBe(figures.actions[action] ?? 0)
      }
      const reports = records.flatMap(({ filters }) => filters)
      expect(sum(figures.filters.flatMap(({ verdicts }) => Object.values(verdicts)))).toBe(reports.length)
      const found = reports.filter(({ action }) => !['accept', 'skipped', 'error'].includes(action))
      expect(figures.findings.all).toBe(found.length)
      expect(sum(figures.findings.top.map(({ times }) => times))).toBe(found.length)
    }),
  )
})

test('the figures do not depend on the order of the records', async () => {
  const shuffled = fc
    .array(anyRecord, { maxLength: 40 })
    .chain((records) => fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })))
  await fc.assert(
    fc.asyncProperty(shuffled, async ([records, others]) => {
      expect(await countFigures(others, SPAN)).toEqual(await countFigures(records, SPAN))
    }),
  )
})

test('what is outside of the span is not counted, nor a time that is none', async () => {
  const times = [SPAN.from, new Date(SPAN.to.getTime() - 1), new Date(SPAN.from.getTime() - 1), SPAN.to]
  const records = times.map((time) => record({ time: time.toISOString() }))
  const { messages } = await countFigures([...records, record({ time: '2026-99-99T00:00:00.000Z' })], SPAN)
  expect(messages).toBe(2)
})

test('scores that differ are one finding, and the numbers in names stay', async () => {
  const texts = [
    'spam (score 7.1)',
    'spam (score 12)',
    'virus found: Win.Trojan.Emotet-9951800-0',
    'listed: 192.0.2.1 by bl1.example.org',
  ]
  const { findings } = await countFigures(
    texts.map((text) => rejected(text)),
    SPAN,
  )
  expect(findings.top.map(({ text, times }) => [text, times])).toEqual([
    ['spam (score N)', 2],
    ['listed: 192.0.2.1 by bl1.example.org', 1],
    ['virus found: Win.Trojan.Emotet-9951800-0', 1],
  ])
})

test('an error is counted once, with its filter where it has one', async () => {
  const filters = [
    { name: 'av', action: 'error', milliseconds: 1, code: 'SCANNER_UNREACHABLE', text: 'no clamd' },
  ] as const
  const { errors } = await countFigures(
    [
      record({ action: 'defer', filter: 'av', reason: 'SCANNER_UNREACHABLE', filters }),
      record({ action: 'defer', reason: 'NEXT_HOP' }),
    ],
    SPAN,
  )
  expect(errors).toMatchObject({
    all: 2,
    top: [
      { code: 'NEXT_HOP', times: 1 },
      { code: 'SCANNER_UNREACHABLE', filter: 'av', text: 'no clamd', times: 1 },
    ],
  })
})

test('100,000 different texts and filters leave memory and result small, and hide no frequent one', async () => {
  let heap = 0
  function* flood(): Generator<HistoryRecord> {
    const before = usedHeap()
    for (let n = 0; n < 100_000; n++) {
      yield rejected(`x${n.toString(36)} ${'y'.repeat(300)}`, `filter-${n % 5_000}`)
      if (n % 100 === 0) yield rejected('virus found: Real')
    }
    heap = usedHeap() - before
  }
  const figures = await countFigures(flood(), SPAN)
  expect(heap).toBeLessThan(10_000_000)
  expect(figures.findings.all).toBe(101_000)
  expect(figures.findings.top[0]).toMatchObject({ text: 'virus found: Real', times: 1_000, atLeast: false })
  expect(figures.findings.top.length).toBeLessThanOrEqual(20)
  expect(figures.filters.length).toBeLessThanOrEqual(201)
  expect(JSON.stringify(figures).length).toBeLessThan(200_000)
})

/** Bytes that are still in use after what is not needed was freed. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
