/**
 * The time at the start of a log line, in the two forms that syslog daemons, postlogd(8) and journalctl(1) write: that of
 * RFC 3164 (`Nov 27 20:41:11`: local time, without a year) and that of RFC 3339, with the offset with or without a colon.
 */

export interface Timestamp {
  /** Milliseconds since 1970. */
  readonly time: number
  /** Characters of the line that it takes up, with the blank behind it. */
  readonly length: number
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const RFC3164 = /^([A-Z][a-z]{2}) ([ 0-3]\d) (\d\d):(\d\d):(\d\d) /
const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|([+-]\d\d):?(\d\d)) /

/** A clock may have been wrong by so much when the line was written or the file was. */
const DAY = 24 * 60 * 60 * 1000

/** `written` is when the file was last written; it tells the year where the line does not. Undefined when no time is there. */
export function parseTimestamp(line: string, written: number): Timestamp | undefined {
  const full = RFC3339.exec(line)
  if (full !== null) {
    const [{ length }, local, zone, hours, minutes] = full
    const time = Date.parse(`${local}${zone === 'Z' ? zone : `${hours}:${minutes}`}`)
    return Number.isNaN(time) ? undefined : { time, length }
  }
  const short = RFC3164.exec(line)
  if (short === null) return undefined
  const [{ length }, name = '', ...numbers] = short
  const month = MONTHS.indexOf(name)
  if (month === -1) return undefined
  const year = new Date(written).getFullYear()
  const time = inYear(year, month, numbers)
  return { time: time > written + DAY ? inYear(year - 1, month, numbers) : time, length }
}

function inYear(year: number, month: number, numbers: readonly string[]): number {
  const [day, hours, minutes, seconds] = numbers.map(Number)
  return new Date(year, month, day, hours, minutes, seconds).getTime()
}
