/** Records for tests of the report. */
import type { HistoryRecord } from '../../src/history/record.js'

export const SPAN = { from: new Date(2026, 10, 1), to: new Date(2026, 11, 1) }

/** An accepted message of one recipient in the middle of the span. */
export function record(members: Partial<HistoryRecord> = {}): HistoryRecord {
  return {
    ...{ time: new Date(2026, 10, 15, 12).toISOString(), id: 'ID', mode: 'smtp', action: 'accept' },
    ...{ milliseconds: 5, size: 1_000, recipients: 1, filters: [] },
    ...members,
  }
}

/** A message that a filter rejected with this text. */
export function rejected(text: string, filter = '20-clamav', members: Partial<HistoryRecord> = {}): HistoryRecord {
  const filters = [{ name: filter, action: 'reject', milliseconds: 2, text }] as const
  return record({ action: 'refuse', filter, filters, ...members })
}
