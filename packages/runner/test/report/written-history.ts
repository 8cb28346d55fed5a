/** A history as the service leaves it: a file for each day (UTC). */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type HistoryRecord, printRecord } from '../../src/history/record.js'

export function writeHistory(directory: string, records: Iterable<HistoryRecord>): void {
  mkdirSync(directory, { recursive: true })
  const days = new Map<string, string[]>()
  for (const record of records) {
    const day = record.time.slice(0, 10)
    const lines = days.get(day)
    if (lines === undefined) days.set(day, [printRecord(record)])
    else lines.push(printRecord(record))
  }
  for (const [day, lines] of days) appendFileSync(join(directory, `${day}.001.jsonl`), lines.join(''))
}
