/** The part of the log that a filter is lent: under names that it cannot change, and whatever it writes, it does no harm. */
import { type LogFields, printable } from '@candy/sdk'
import type { Log } from './log.js'

export interface FilterLog {
  log(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
}

/** Fields of one line; what a filter writes beyond them is left out. */
const MOST_FIELDS = 50

/** `own` stands in every line, in front, whatever the filter calls its fields. */
export function filterLog(log: Log, own: LogFields): FilterLog {
  const writeAs =
    (level: 'info' | 'warn') =>
    (event: string, fields: LogFields = {}): void =>
      log.write(level, printable(shown(event)), { ...own, ...plain(fields), ...own })
  return { log: writeAs('info'), warn: writeAs('warn') }
}

function plain(fields: unknown): LogFields {
  if (typeof fields !== 'object' || fields === null) return {}
  const entries = Object.entries(fields).slice(0, MOST_FIELDS)
  return Object.fromEntries(
    entries.map(([key, value]) => [printable(key), typeof value === 'number' ? value : shown(value)]),
  )
}

/** Text as it is, and of everything else only what has one way of being written. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : typeof value
}
