/** Spans of time as an operator writes them. A number alone is refused: 30 of what? */

const UNITS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ms: 1,
    s: 1_000,
    second: 1_000,
    seconds: 1_000,
    m: 60_000,
    min: 60_000,
    minute: 60_000,
    minutes: 60_000,
    h: 3_600_000,
    hour: 3_600_000,
    hours: 3_600_000,
    d: 86_400_000,
    day: 86_400_000,
    days: 86_400_000,
  }),
)

/** Milliseconds of `"500ms"`, `"30s"`, `"5m"`, `"2h"`, `"3d"` or `"3 days"`. Throws a TypeError that names the units. */
export function parseDuration(value: unknown): number {
  const parts = typeof value === 'string' ? /^(?<count>[0-9]{1,9}) ?(?<unit>[a-z]+)$/.exec(value)?.groups : undefined
  const unit = UNITS.get(parts?.unit ?? '')
  if (unit === undefined) {
    const bare = typeof value === 'number' || /^[0-9]+$/.test(String(value))
    const problem = bare
      ? `${value} has no unit: write "${value}s" for seconds`
      : `not a duration: ${JSON.stringify(value)}`
    throw new TypeError(`${problem}; the units are ms, s, m (minutes), h and d`)
  }
  return Number(parts?.count) * unit
}
