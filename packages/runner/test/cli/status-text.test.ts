import { expect, test, vi } from 'vitest'
import { printBytes, printStatus, printWindows } from '../../src/cli/status-text.js'
import { Counts } from '../../src/history/counts.js'
import type { HistoryRecord } from '../../src/history/record.js'
import type { StatusAnswer } from '../../src/service/control-message.js'
import { makeRecord } from '../history/records.js'

function summaryOf(...records: readonly HistoryRecord[]): ReturnType<Counts['summary']> {
  const counts = new Counts()
  for (const record of records) counts.add(record)
  return counts.summary()
}

const FAILED: Partial<HistoryRecord> = {
  action: 'defer',
  reason: 'SCANNER_UNREACHABLE',
  filters: [{ name: '50-clamav', action: 'error', milliseconds: 3, code: 'SCANNER_UNREACHABLE' }],
}

const windows = {
  minute: summaryOf(),
  hour: summaryOf(makeRecord(), makeRecord(FAILED)),
  day: summaryOf(makeRecord(), makeRecord(FAILED), makeRecord({ action: 'quarantine' })),
}

const health = {
  checked: '2026-11-27T10:00:03.000Z',
  filters: [
    { name: '50-clamav', ok: true, text: 'fine', details: { signatures_from: '2026-11-01T00:00:00.000Z' } },
    { name: '60-\u001b[2J', ok: false, text: 'no spamd\nthere' },
  ],
}

const status: StatusAnswer = {
  version: 1,
  pid: 4711,
  started: '2026-11-27T08:00:00.000Z',
  inForce: {
    generation: 2,
    since: '2026-11-27T09:00:00.000Z',
    configuration: 'files',
    filters: [{ name: '50-clamav', path: '/etc/postfix/filters.d/50-clamav.toml' }],
  },
  lastReload: { time: '2026-11-27T10:00:00.000Z', reloaded: false, problems: ['/etc/postfix/candy.toml:1:1: oops'] },
  workers: { active: 1, standby: 1, sessions: 3, deaths: 1 },
  windows,
  health,
  spool: { bytes: 0 },
  quarantine: { messages: 2, bytes: 123_456 },
  disk: { free: 73_000_000_000 },
  history: { damaged: 1 },
}

vi.stubEnv('TZ', 'UTC')

test('what the service tells fits on one screen', () => {
  const text = printStatus({
    ...status,
    health: { ...health, checked: new Date(Date.now() - 119_000).toISOString() },
  }).replace(/\d+ days old/, 'N days old')
  expect(text).toMatchInlineSnapshot(`
    "candy serve: process 4711, since 2026-11-27T08:00:00+00:00
    in force: generation 2, since 2026-11-27T09:00:00+00:00: 50-clamav
    last reload: 2026-11-27T10:00:00+00:00, refused
      /etc/postfix/candy.toml:1:1: oops
    workers: 1 active, 1 standing by, 3 sessions, 1 has died
    quarantine: 2 messages, 123 kB; spool: 0 B; free on the disk: 73 GB
    warning: 1 line of the history is damaged, and not counted

    last                             minute  hour             day
    messages                         0       2                3
      accept                         0       1                1
      defer                          0       1                1
      quarantine                     0       0                1
      deferred: SCANNER_UNREACHABLE  0       1                1
      bytes                          0 B     4.1 kB           6.1 kB
      p50 / p95 / p99                        12 / 12 / 12 ms  12 / 12 / 12 ms
    50-clamav
      accept                         0       1                2
      error: SCANNER_UNREACHABLE     0       1                1
      p50 / p95 / p99                        3 / 9 / 9 ms     9 / 9 / 9 ms

    filter     state  signatures   asked 1 minute ago
    50-clamav  ok     N days old  fine
    60-?[2J    FAULT               no spamd there"
  `)
})

test('without mail there are no rows for it', () => {
  const nothing = summaryOf()
  expect(printWindows({ minute: nothing, hour: nothing, day: nothing }).split('\n')).toHaveLength(4)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_400, '1.4 kB'],
  [123_456_789, '123 MB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(printBytes(bytes)).toBe(text)
})
