/**
 * Reads durations and sizes as operators write them: a whole number and a unit. A number alone is refused, because 60 may be
 * seconds or milliseconds, and so is 0, because some would read it as "none" and others as "no limit".
 */
import { ValueError } from './error.js'

interface Scale {
  readonly noun: string
  /** The factor of each unit, in the order in which messages list them. */
  readonly units: ReadonlyMap<string, number>
  /** Words that mean the same as a unit. */
  readonly words: ReadonlyMap<string, string>
  /** What people write in place of a unit, in lower case, and what they probably mean. */
  readonly mistakes: ReadonlyMap<string, string>
  /** Units to suggest for a bare number, the largest first. */
  readonly bare: readonly string[]
  readonly example: string
  readonly zeroText: string
  readonly max: number
  readonly maxText: string
}

const DURATION: Scale = {
  noun: 'duration',
  units: mapOf({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }),
  words: mapOf({
    ...{ millisecond: 'ms', milliseconds: 'ms', second: 's', seconds: 's', min: 'm', minute: 'm', minutes: 'm' },
    ...{ hour: 'h', hours: 'h', day: 'd', days: 'd' },
  }),
  mistakes: mapOf({ msec: 'ms', sec: 's', secs: 's', mins: 'm', hr: 'h', hrs: 'h' }),
  bare: ['s'],
  example: '"60s"',
  zeroText: '"1ms" is the shortest',
  // The longest time that a timer of Node.js can wait; a longer one would fire at once.
  max: 2 ** 31 - 1,
  maxText: '24d',
}

/** For what no timer waits for. */
const PERIOD: Scale = { ...DURATION, max: 36_500 * 86_400_000, maxText: '36500d', example: '"30d"' }

const SIZE: Scale = {
  noun: 'size',
  units: mapOf({ B: 1, kB: 1000, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }),
  words: mapOf({ byte: 'B', bytes: 'B' }),
  mistakes: mapOf({ k: 'KiB', m: 'MiB', g: 'GiB', ki: 'KiB', mi: 'MiB', gi: 'GiB' }),
  bare: ['GiB', 'MiB', 'KiB', 'B'],
  example: '"25MiB"',
  zeroText: '"1B" is the smallest',
  max: Number.MAX_SAFE_INTEGER,
  maxText: '8388607GiB',
}

/**
 * Milliseconds of `"500ms"`, `"60s"`, `"2m"`, `"1h"`, `"3d"`, `"2 minutes"`: from 1 ms to 24 days, so that any duration fits a timer
 * of Node.js. Throws a ValueError for anything else.
 */
export function parseDuration(written: unknown): number {
  return parse(written, DURATION)
}

/** Milliseconds of a duration as `parseDuration` reads them, up to a hundred years: for how long something is kept, say. */
export function parsePeriod(written: unknown): number {
  return parse(written, PERIOD)
}

/** Bytes of `"4096B"`, `"500kB"` (thousands), `"25MiB"` (of 1024), `"1GiB"`. Throws a ValueError for anything else. */
export function parseSize(written: unknown): number {
  return parse(written, SIZE)
}

function parse(written: unknown, scale: Scale): number {
  const { noun, units, words } = scale
  const text = typeof written === 'number' ? String(written) : written
  const parts = typeof text === 'string' ? /^[ \t]*(\d+)[ \t]*([A-Za-z]*)[ \t]*$/.exec(text) : null
  const [, digits, unit] = parts ?? []
  if (digits === undefined || unit === undefined) {
    const known = [...units.keys()].join(', ')
    throw new ValueError(`not a ${noun}: write a whole number and a unit (${known}), ${scale.example} say`)
  }
  const factor = units.get(words.get(unit) ?? unit)
  if (factor === undefined) throw unitError(digits, unit, scale)
  const value = Number(digits) * factor
  if (value === 0) throw new ValueError(`a ${noun} is more than 0: ${scale.zeroText}`)
  if (value > scale.max) throw new ValueError(`too much: a ${noun} is at most ${scale.maxText}`)
  return value
}

function unitError(digits: string, unit: string, scale: Scale): ValueError {
  const known = [...scale.units.keys()].join(', ')
  if (unit !== '') return new ValueError(`unknown unit "${unit}" (${known})`, suggestion(digits, unit, scale))
  const number = Number(digits)
  if (!Number.isSafeInteger(number) || number === 0) return new ValueError(`${digits} has no unit (${known})`)
  const best = scale.bare.find((name) => number % (scale.units.get(name) ?? 1) === 0) ?? 's'
  const count = scale.bare.length > 1 ? number / (scale.units.get(best) ?? 1) : number
  return new ValueError(`${digits} has no unit`, `${count}${best}`)
}

/** The value with the unit that the operator probably meant: the same one in another case, or one that is often written so. */
function suggestion(digits: string, unit: string, { units, words, mistakes }: Scale): string | undefined {
  const lower = unit.toLowerCase()
  const found =
    [...units.keys()].find((name) => name.toLowerCase() === lower) ?? words.get(lower) ?? mistakes.get(lower)
  return found === undefined ? undefined : `${digits}${found}`
}

function mapOf<T>(entries: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(entries))
}
