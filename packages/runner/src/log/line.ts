/** One event as one line: `event key=value key="two words"`, printable ASCII whatever a filter wrote. */
import type { LogFields, LogLevel } from './log.js'

const LINE_LIMIT = 2000

export function printLine(level: LogLevel, event: string, fields: LogFields = {}): string {
  const words = Object.entries(fields).map(([key, value]) => `${ascii(key)}=${quote(ascii(String(value)))}`)
  const mark = level === 'info' ? '' : level === 'warn' ? 'warning: ' : 'error: '
  return `${mark}${ascii(event)}${words.length > 0 ? ' ' : ''}${words.join(' ')}`.slice(0, LINE_LIMIT)
}

function ascii(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[^\x20-\x7e]/g, '?')
}

function quote(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}
