import { expect, test } from 'vitest'
import type { Outcome, OutcomeAction, Report } from '../../src/chain/outcome.js'
import { codeOf, recordOf } from '../../src/delivery/judged-record.js'

const CONTEXT = { mode: 'smtp', receivedAt: performance.now(), addresses: false }
const REJECTED: Report = { name: '50-a', action: 'reject', milliseconds: 3, text: 'virus found: X' }
const FAILED: Report = { name: '50-a', action: 'error', milliseconds: 3, code: 'SCANNER_UNREACHABLE', askable: true }
const ACCEPTED: Report = { name: '50-a', action: 'accept', milliseconds: 3 }

function judged(action: OutcomeAction, reports: readonly Report[], statusClass: 2 | 4 | 5, failure?: string) {
  const content = { size: 123, open: async function* () {}, headers: async () => new Uint8Array() }
  const common = { content, edits: [], rewritten: false, reports, close: async () => {} }
  const reason = { filter: '50-a', text: 'no', status: [7, 1] } as const
  const outcome: Outcome = action === 'accept' ? { action, ...common } : { action, reason, ...common }
  const envelope = { sender: 'a@example.com', recipients: ['b@example.net', 'c@example.net'] } as const
  const group = { positions: [0, 1], message: { id: 'ID', envelope, content }, outcome }
  return { group, messageId: undefined, answer: '', statusClass, ...(failure !== undefined && { failure }) }
}

test('a record has what can be counted, and no address', () => {
  const { time, milliseconds, ...rest } = recordOf(judged('quarantine', [REJECTED], 2), CONTEXT)
  expect(Date.parse(time)).toBeGreaterThan(Date.now() - 60_000)
  expect(milliseconds).toBeGreaterThanOrEqual(0)
  expect(rest).toEqual({
    id: 'ID',
    mode: 'smtp',
    action: 'quarantine',
    size: 123,
    recipients: 2,
    filters: [REJECTED],
    filter: '50-a',
  })
})

test('a record has addresses when they are asked for', () => {
  expect(recordOf(judged('accept', [], 2), { ...CONTEXT, addresses: true })).toMatchObject({
    sender: 'a@example.com',
    to: ['b@example.net', 'c@example.net'],
  })
})

test.each([
  ['a delivered message', judged('accept', [ACCEPTED], 2), 'accept', undefined],
  ['what the next hop did not take', judged('accept', [ACCEPTED], 4, 'NEXT_HOP'), 'defer', 'NEXT_HOP'],
  ['what the next hop refused for good', judged('accept', [ACCEPTED], 5, 'NEXT_HOP'), 'refuse', 'NEXT_HOP'],
  ['what the quarantine could not keep', judged('quarantine', [REJECTED], 4, 'QUARANTINE'), 'defer', 'QUARANTINE'],
  ['a scanner that is away', judged('defer', [FAILED], 4), 'defer', 'SCANNER_UNREACHABLE'],
  ['an error that puts into quarantine', judged('quarantine', [FAILED], 2), 'quarantine', 'SCANNER_UNREACHABLE'],
  ['an error without a code', judged('defer', [{ ...FAILED, code: 'no code' }], 4), 'defer', 'ERROR'],
  ['a filter that defers', judged('defer', [{ ...REJECTED, action: 'defer' }], 4), 'defer', undefined],
  ['a verdict that came too late', judged('defer', [ACCEPTED], 4), 'defer', 'DEADLINE'],
  ['a chain that failed', judged('defer', [], 4), 'defer', 'ERROR'],
  ['what is deferred with others', judged('accept', [ACCEPTED], 4), 'defer', 'OTHER_RECIPIENTS'],
  ['what is refused', judged('refuse', [REJECTED], 5), 'refuse', undefined],
  ['what cannot be refused for some', judged('refuse', [REJECTED], 2), 'quarantine', undefined],
  ['what is discarded', judged('discard', [REJECTED], 2), 'discard', undefined],
] as const)('%s', (_, message, action, reason) => {
  const record = recordOf(message, CONTEXT)
  expect([record.action, record.reason]).toEqual([action, reason])
})

test('only a code in capitals is a code', () => {
  expect(['NEXT_HOP', 'ECONNRESET', 'a b', undefined, 7].map(codeOf)).toEqual([
    'NEXT_HOP',
    'ECONNRESET',
    'ERROR',
    'ERROR',
    'ERROR',
  ])
})
