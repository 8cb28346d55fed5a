/** Times for people: the time of this machine with its distance from UTC (ISO 8601), to the second. Programs get UTC. */

/** `2026-11-27T20:41:11+01:00`. `time` is a date, milliseconds since 1970 or ISO 8601; a text that is no time is returned as it is. */
export function localTime(time: Date | number | string): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return String(time)
  const offset = -date.getTimezoneOffset()
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19)
  return `${local}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
