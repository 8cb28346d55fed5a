/** Sizes and durations as operators write them: `500KiB`, `10s`. A number without a unit is an error that names units. */

const SIZES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }
const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Bytes. Throws a RangeError for anything but a whole number with a unit. */
export function parseSize(value: unknown): number {
  return parse(value, SIZES, 'a size', (number) => `"${number}B" or "${number}KiB"`)
}

/** Milliseconds. Throws a RangeError for anything but a whole number with a unit. */
export function parseDuration(value: unknown): number {
  return parse(value, DURATIONS, 'a duration', (number) => `"${number}s" or "${number}ms"`)
}

function parse(
  value: unknown,
  units: Readonly<Record<string, number>>,
  what: string,
  examples: (number: string) => string,
): number {
  const [, digits, unit = ''] = /^(\d{1,12}) ?([A-Za-z]*)$/.exec(String(value)) ?? []
  if (digits === undefined) throw new RangeError(`${JSON.stringify(value)} is not ${what}; write ${examples('10')}`)
  const factor = typeof value === 'string' && Object.hasOwn(units, unit) ? units[unit] : undefined
  if (factor !== undefined) return Number(digits) * factor
  const known = Object.keys(units).join(', ')
  if (unit === '') throw new RangeError(`${what} needs a unit; write ${examples(digits)}`)
  throw new RangeError(`${JSON.stringify(unit)} is not a unit of ${what}; there are ${known}`)
}
