/** Records for tests of the history. */
import type { HistoryRecord } from '../../src/history/record.js'

export function makeRecord(changes: Partial<HistoryRecord> = {}): HistoryRecord {
  return {
    time: '2026-11-27T12:00:00.000Z',
    id: '4cJWtt1Lq9z5t',
    mode: 'smtp',
    action: 'accept',
    milliseconds: 12,
    size: 2048,
    recipients: 1,
    filters: [{ name: '50-clamav', action: 'accept', milliseconds: 9 }],
    ...changes,
  }
}
