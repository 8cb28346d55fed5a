/** One event as one line: `event key=value key="two words"`, printable ASCII whatever a filter wrote. */
import type { LogFields, LogLevel } from './log.js'

/** Characters of a line; syslog daemons cut at 8 KiB or later (rsyslog.conf(5), $MaxMessageSize). */
export const LINE_LIMIT = 4000

export function printLine(level: LogLevel, event: string, fields: LogFields = {}): string {
  const words = Object.entries(fields).map(([key, value]) => `${ascii(key)}=${quote(ascii(String(value)))}`)
  const mark = level === 'info' ? '' : level === 'warn' ? 'warning: ' : 'error: '
  return `${mark}${ascii(event)}${words.length > 0 ? ' ' : ''}${words.join(' ')}`.slice(0, LINE_LIMIT)
}

/** The same, with the time and who wrote it in front; `name` is what syslog calls the tag. */
export function printStamped(name: string, level: LogLevel, event: string, fields?: LogFields): string {
  return `${new Date().toISOString()} ${name}[${process.pid}]: ${printLine(level, event, fields)}`
}

function ascii(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[^\x20-\x7e]/g, '?')
}

function quote(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}
