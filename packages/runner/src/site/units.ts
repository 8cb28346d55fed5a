/** Durations and sizes as operators write them. A number without a unit is refused: nobody can tell 60 ms from 60 s. */

/** A measure in its base unit (milliseconds, bytes), or why there is none. */
export type Measure = { readonly value: number } | { readonly what: string; readonly hint?: string }

interface Scale {
  readonly noun: string
  readonly units: Readonly<Record<string, number>>
  /** What people write instead of a unit, in lower case. */
  readonly aliases: Readonly<Record<string, string>>
  /** The units to suggest for a bare number, largest first. */
  readonly bare: readonly string[]
  readonly example: string
  readonly most: number
  readonly mostText: string
}

const DURATION: Scale = {
  noun: 'duration',
  units: { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  aliases: {
    msec: 'ms',
    millisecond: 'ms',
    milliseconds: 'ms',
    sec: 's',
    secs: 's',
    second: 's',
    seconds: 's',
    min: 'm',
    mins: 'm',
    minute: 'm',
    minutes: 'm',
    hr: 'h',
    hour: 'h',
    hours: 'h',
    day: 'd',
    days: 'd',
  },
  bare: ['s'],
  example: '"60s"',
  // The longest time a timer of Node.js can wait; a longer one would go off at once.
  most: 2 ** 31 - 1,
  mostText: '24d',
}

const SIZE: Scale = {
  noun: 'size',
  units: { B: 1, kB: 1000, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
  aliases: { b: 'B', bytes: 'B', k: 'KiB', kb: 'kB', m: 'MiB', mb: 'MB', g: 'GiB', gb: 'GB', mi: 'MiB', gi: 'GiB' },
  bare: ['GiB', 'MiB', 'KiB', 'B'],
  example: '"25MiB"',
  most: Number.MAX_SAFE_INTEGER,
  mostText: '8388607GiB',
}

/** Milliseconds of `"500ms"`, `"60s"`, `"2m"`, `"1h"`, `"3d"`. */
export function parseDuration(written: unknown): Measure {
  return parse(written, DURATION)
}

/** Bytes of `"500kB"`, `"25MiB"`, `"1GiB"`, `"4096B"`. */
export function parseSize(written: unknown): Measure {
  return parse(written, SIZE)
}

function parse(written: unknown, scale: Scale): Measure {
  if (typeof written === 'number') return withoutUnit(String(written), scale)
  const parts = typeof written === 'string' ? /^\s*(\d+)\s*([A-Za-z]*)\s*$/.exec(written) : null
  const [, digits, unit] = parts ?? []
  if (digits === undefined || unit === undefined) {
    return { what: `not a ${scale.noun}: write a whole number and a unit, ${scale.example} say` }
  }
  if (unit === '') return withoutUnit(digits, scale)
  const factor = scale.units[unit]
  if (factor === undefined) return unknownUnit(digits, unit, scale)
  const value = Number(digits) * factor
  if (value === 0) return { what: `a ${scale.noun} must be more than 0` }
  if (value > scale.most) return { what: `too much: a ${scale.noun} is at most ${scale.mostText}` }
  return { value }
}

function withoutUnit(digits: string, scale: Scale): Measure {
  const number = Number(digits)
  const what = `${digits} has no unit`
  if (!Number.isSafeInteger(number) || number <= 0) return { what }
  const unit = scale.bare.find((name) => number % (scale.units[name] ?? 1) === 0) ?? scale.bare[0] ?? ''
  const count = scale.bare.length > 1 ? number / (scale.units[unit] ?? 1) : number
  return { what, hint: `${count}${unit}` }
}

function unknownUnit(digits: string, unit: string, scale: Scale): Measure {
  const lower = unit.toLowerCase()
  const meant = scale.aliases[lower] ?? Object.keys(scale.units).find((name) => name.toLowerCase() === lower)
  const what = `unknown unit "${unit}" (${Object.keys(scale.units).join(', ')})`
  return meant === undefined ? { what } : { what, hint: `${digits}${meant}` }
}
