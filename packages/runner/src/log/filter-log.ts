/** The log that a filter writes to: with fields that it cannot change, and made safe whatever it writes. */
import { type LogFields, printable } from '@candy/sdk'
import type { Log } from './log.js'

export interface FilterLog {
  log(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
}

/** Fields of one line; a filter's fields beyond that are left out. */
const MAX_FIELDS = 50

/** `fixed` are fields of every line, the first ones; the filter's fields of the same names are left out. */
export function filterLog(log: Log, fixed: LogFields): FilterLog {
  const writeAs =
    (level: 'info' | 'warn') =>
    (event: string, fields: LogFields = {}): void =>
      log.write(level, printable(textOf(event)), { ...fixed, ...safeFields(fields), ...fixed })
  return { log: writeAs('info'), warn: writeAs('warn') }
}

/** Fields that a filter has written, made printable; those beyond `MAX_FIELDS` are left out. */
export function safeFields(fields: unknown): LogFields {
  if (typeof fields !== 'object' || fields === null) return {}
  const entries = Object.entries(fields).slice(0, MAX_FIELDS)
  return Object.fromEntries(
    entries.map(([key, value]) => [printable(key), typeof value === 'number' ? value : textOf(value)]),
  )
}

/** Text as it is, numbers and booleans as text, and of everything else only its type. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : typeof value
}
