import type { Envelope } from '@candy/sdk'
import { expect, test } from 'vitest'
import type { Outcome, StoppedOutcome } from '../../src/chain/outcome.js'
import { type JudgedMessage, logJudged, printReport } from '../../src/delivery/judged-line.js'
import { LINE_LIMIT, printLine } from '../../src/log/line.js'
import { memoryLog } from '../support.js'

const ENVELOPE: Envelope = {
  sender: 'a@example.com',
  recipients: ['b@example.net'],
  client: { address: '192.0.2.1', name: 'client.example', helo: 'mx.example', login: 'joe' },
}

function judged(
  envelope: Envelope,
  stopped: Partial<StoppedOutcome>,
  rest: Partial<JudgedMessage> = {},
): JudgedMessage {
  const content = { size: 123, open: () => emptyBytes(), headers: async () => new Uint8Array() }
  const accepted = {
    action: 'accept',
    content,
    edits: [],
    rewritten: false,
    reports: [],
    close: async () => {},
  } as const
  const message = { id: 'A1', envelope, content }
  const group = { positions: [0], message, outcome: { ...accepted, ...stopped } as Outcome }
  return { group, messageId: '<x@y>', answer: '250 2.0.0 Ok', statusClass: 2, ...rest }
}

async function* emptyBytes(): AsyncGenerator<Uint8Array> {}

test('one log line has sender, recipients, verdict, reason and the answer to Postfix', () => {
  const log = memoryLog()
  logJudged(
    log,
    judged(
      ENVELOPE,
      {
        action: 'defer',
        reason: { filter: '50-clamav', text: 'content filter unavailable', status: [3, 0] },
        reports: [
          { name: '40-size', action: 'accept', milliseconds: 1 },
          { name: '50-clamav', action: 'error', milliseconds: 3, code: 'SCANNER_UNREACHABLE', text: 'no clamd there' },
        ],
      },
      { answer: '451 4.3.0 content filter unavailable', statusClass: 4 },
    ),
  )
  const [line] = log.lines
  expect(line?.level).toBe('warn')
  expect(line?.fields).toEqual({
    id: 'A1',
    action: 'defer',
    answer: '451 4.3.0 content filter unavailable',
    filters: '40-size accept 1 ms; 50-clamav error 3 ms (SCANNER_UNREACHABLE: no clamd there)',
    decided_by: '50-clamav',
    message_id: '<x@y>',
    client: 'client.example[192.0.2.1]',
    helo: 'mx.example',
    login: 'joe',
    sender: 'a@example.com',
    size: 123,
    recipients: 'b@example.net',
  })
})

test('where a filter can say more about its scanner, the log line has the command to type', () => {
  const log = memoryLog()
  const report = { name: '50-clamav', action: 'error', milliseconds: 3, code: 'SCANNER_UNREACHABLE' } as const
  logJudged(log, judged(ENVELOPE, { reports: [{ ...report, askable: true }] }))
  logJudged(log, judged(ENVELOPE, { reports: [report] }))
  expect(log.lines.map(({ fields }) => fields.ask)).toEqual(['candy list --ask', undefined])
})

test.each([
  [2, { action: 'quarantine' }],
  [4, { action: 'defer', instead_of: 'quarantine' }],
  [5, { action: 'refuse', instead_of: 'quarantine' }],
] as const)('with an answer of class %d the log line says what was done in the end', (statusClass, fields) => {
  const log = memoryLog()
  const reason = { filter: '50-clamav', text: 'virus', status: [7, 1] } as const
  logJudged(log, judged(ENVELOPE, { action: 'quarantine', reason }, { statusClass }))
  const { action, instead_of } = log.lines[0]?.fields ?? {}
  expect({ action, instead_of }).toEqual({ instead_of: undefined, ...fields })
})

test('of many recipients the first are named and the others counted', () => {
  const log = memoryLog()
  const [first = '', ...others] = Array.from({ length: 1_000 }, (_, index) => `r${index}@example.net`)
  logJudged(log, judged({ ...ENVELOPE, recipients: [first, ...others] }, {}))
  expect(log.lines[0]?.fields.recipients).toMatch(/^r0@example\.net, .*, r9@example\.net and 990 more$/)
})

test('values that a stranger chooses cannot push the verdict and the answer out of the log line', () => {
  const log = memoryLog()
  const long = 'x'.repeat(10_000)
  const envelope: Envelope = { sender: long, recipients: [long], client: { address: '192.0.2.1', helo: long } }
  logJudged(
    log,
    judged(envelope, { reports: [{ name: '50-a', action: 'accept', milliseconds: 1 }] }, { messageId: long }),
  )
  const line = printLine('info', 'judged', log.lines[0]?.fields)
  expect(line).toHaveLength(LINE_LIMIT)
  expect(line).toMatch(/^judged id=A1 action=accept answer="250 2\.0\.0 Ok" filters="50-a accept 1 ms" /)
})

test('a report is one line of printable ASCII, whatever an error says', () => {
  const report = { name: 'f', action: 'error', milliseconds: 0, text: 'one\ntwo \u00e4\u0000' } as const
  expect(printReport(report)).toMatch(/^f error 0 ms \(one two [\x20-\x7e]*\)$/)
})
