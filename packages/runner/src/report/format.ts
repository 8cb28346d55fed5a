/** Numbers, sizes, durations and times as the report prints them: in English, the same on every machine. */
import type { Span } from '../history/reader.js'
import type { Step } from './calendar.js'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Monday first, as the figures have them. */
export const WEEKDAYS: readonly string[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** `12,345`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 message`, `2 messages`. */
export function formatNoun(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`
}

/** A part of all in percent. Rounding makes neither nothing of something nor all of almost all. */
export function formatShare(part: number, all: number): string {
  if (part === 0 || all === 0) return '0%'
  const percent = (100 * part) / all
  if (percent < 0.1) return '<0.1%'
  if (percent > 99.9 && part < all) return '>99.9%'
  return part === all ? '100%' : `${percent.toFixed(1)}%`
}

const SIZES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `4.2 MiB`. */
export function formatSize(bytes: number): string {
  let [value, unit] = [bytes, 0]
  while (value >= 1000 && unit < SIZES.length - 1) [value, unit] = [value / 1024, unit + 1]
  return unit === 0 ? formatNoun(bytes, 'byte') : `${rounded(value)} ${SIZES[unit]}`
}

/** `340 ms`, `2.1 s`, `3.5 min`, `1.2 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${rounded(milliseconds / 1_000)} s`
  if (milliseconds < 3_600_000) return `${rounded(milliseconds / 60_000)} min`
  return `${rounded(milliseconds / 3_600_000)} h`
}

/** With one decimal below ten. */
function rounded(value: number): string {
  return value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : formatCount(value)
}

/** `27 Nov`. */
function formatDay(time: Date): string {
  return `${time.getDate()} ${MONTHS[time.getMonth()]}`
}

/** `27 Nov 2026`. */
function formatDate(time: Date): string {
  return `${formatDay(time)} ${time.getFullYear()}`
}

/** `21:05`. */
function formatClock(time: Date): string {
  return [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':')
}

/** `27 Nov 2026, 21:05`. */
export function formatTime(time: Date): string {
  return `${formatDate(time)}, ${formatClock(time)}`
}

/** From the first day to the last, with times where they are not whole days. */
export function formatSpan({ from, to }: Span): string {
  const start = isMidnight(from) ? formatDate(from) : formatTime(from)
  const last = isMidnight(to) ? new Date(to.getFullYear(), to.getMonth(), to.getDate() - 1) : to
  const isOneDay = formatDate(from) === formatDate(last)
  if (isMidnight(to)) return isOneDay && isMidnight(from) ? start : `${start} – ${formatDate(last)}`
  if (!isOneDay) return `${start} – ${formatTime(to)}`
  return isMidnight(from) ? `${start}, until ${formatClock(to)}` : `${start} – ${formatClock(to)}`
}

function isMidnight(time: Date): boolean {
  return formatClock(time) === '00:00' && time.getSeconds() === 0
}

/** A period below a chart, where there is little room. */
export function formatTick({ from }: Span, step: Step): string {
  if (step === 'hour') return formatClock(from)
  return step === 'month' ? `${MONTHS[from.getMonth()]} ${from.getFullYear()}` : formatDay(from)
}

/** A period by its whole name. */
export function formatPeriod({ from }: Span, step: Step): string {
  const weekday = WEEKDAYS[(from.getDay() + 6) % 7]
  switch (step) {
    case 'hour':
      return `${weekday} ${formatDay(from)}, ${formatClock(from)}`
    case 'day':
      return `${weekday} ${formatDay(from)}`
    case 'week':
      return `week of ${formatDate(from)}`
    case 'month':
      return `${MONTHS[from.getMonth()]} ${from.getFullYear()}`
  }
}

/** The name of the local time zone, and what it is ahead of UTC at that time: `Europe/Berlin, UTC+01:00`. */
export function formatZone(time: Date): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const minutes = -time.getTimezoneOffset()
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  const offset = [hours, rest].map((part) => String(part).padStart(2, '0')).join(':')
  const utc = `UTC${minutes < 0 ? '−' : '+'}${offset}`
  return minutes === 0 ? `${timeZone === 'UTC' ? '' : `${timeZone}, `}UTC` : `${timeZone}, ${utc}`
}
