import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Counts } from '../../src/history/counts.js'
import { Windows } from '../../src/history/windows.js'
import { makeRecord } from './records.js'

const SPANS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
const PIECES = { minute: 10_000, hour: 10_000, day: 600_000 } as const
const START = Date.parse('2026-11-27T00:00:00Z')

const recordAt = (time: number): ReturnType<typeof makeRecord> => makeRecord({ time: new Date(time).toISOString() })

test('a window has all that is as old as its name says, and nothing that is older by a piece', () => {
  const step = fc.integer({ min: 0, max: 3 * SPANS.hour })
  fc.assert(
    fc.property(fc.array(fc.oneof(step, fc.integer({ min: 0, max: 2_000 })), { maxLength: 60 }), (steps) => {
      const windows = new Windows()
      const times: number[] = []
      let now = START
      for (const milliseconds of steps) {
        now += milliseconds
        times.push(now)
        windows.add(recordAt(now), now)
      }
      for (const name of ['minute', 'hour', 'day'] as const) {
        const { messages } = windows.summary(name, now)
        expect(messages).toBeGreaterThanOrEqual(times.filter((time) => time >= now - SPANS[name]).length)
        expect(messages).toBeLessThanOrEqual(times.filter((time) => time >= now - SPANS[name] - PIECES[name]).length)
      }
    }),
  )
})

test('what is of yesterday or of tomorrow is not counted, also after the clock was set back', () => {
  const windows = new Windows()
  windows.add(recordAt(START - 2 * SPANS.day), START)
  windows.add(recordAt(START + SPANS.day), START)
  windows.add(recordAt(START), START)
  expect(windows.summary('day', START).messages).toBe(1)
  const earlier = START - SPANS.day
  windows.add(recordAt(earlier), earlier)
  expect(windows.summary('hour', earlier).messages).toBe(1)
})

test('counts say what was done, by whom and why', () => {
  const counts = new Counts()
  counts.add(makeRecord())
  counts.add(makeRecord({ action: 'defer', filter: '50-clamav' }))
  counts.add(
    makeRecord({
      action: 'defer',
      reason: 'SCANNER_UNREACHABLE',
      filters: [
        { name: '50-clamav', action: 'error', milliseconds: 3, code: 'SCANNER_UNREACHABLE' },
        { name: '40-size', action: 'skipped', milliseconds: 0 },
      ],
    }),
  )
  expect(counts.summary()).toEqual({
    messages: 3,
    bytes: 3 * 2048,
    actions: { accept: 1, defer: 2 },
    deferrals: { SCANNER_UNREACHABLE: 1, filter: 1 },
    milliseconds: { p50: 12, p95: 12, p99: 12, max: 12 },
    filters: [
      { name: '40-size', verdicts: { skipped: 1 }, errors: {} },
      {
        name: '50-clamav',
        verdicts: { accept: 2, error: 1 },
        errors: { SCANNER_UNREACHABLE: 1 },
        milliseconds: { p50: 9, p95: 9, p99: 9, max: 9 },
      },
    ],
  })
})

test('whoever writes names into the history cannot fill the memory with them', () => {
  const counts = new Counts()
  for (let n = 0; n < 1_000; n++) {
    const filters = [{ name: `${n}`, action: 'error', milliseconds: 1, code: `E${n}` }] as const
    counts.add(makeRecord({ action: 'defer', reason: `R${n}`, filters }))
  }
  const { deferrals, filters } = counts.summary()
  expect(Object.keys(deferrals)).toHaveLength(201)
  expect(deferrals.other).toBe(800)
  expect(filters).toHaveLength(201)
})
