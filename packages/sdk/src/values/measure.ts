/**
 * Durations and sizes as operators write them: a whole number and a unit. A number alone is refused, because nobody can tell
 * 60 ms from 60 s, and so is 0, which would mean "none" to one reader and "no limit" to another.
 */
import { ValueError } from './error.js'

interface Scale {
  readonly noun: string
  /** The units as messages list them, and the words that mean the same. */
  readonly units: ReadonlyMap<string, number>
  readonly words: ReadonlyMap<string, string>
  /** What people write in place of a unit, in lower case, and what they probably mean. */
  readonly mistakes: ReadonlyMap<string, string>
  /** Units to suggest for a bare number, the largest first. */
  readonly bare: readonly string[]
  readonly example: string
  readonly least: string
  readonly most: number
  readonly mostText: string
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
  least: '"1ms" is the shortest',
  // The longest time that a timer of Node.js can wait; a longer one would go off at once.
  most: 2 ** 31 - 1,
  mostText: '24d',
}

const SIZE: Scale = {
  noun: 'size',
  units: mapOf({ B: 1, kB: 1000, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }),
  words: mapOf({ byte: 'B', bytes: 'B' }),
  mistakes: mapOf({ k: 'KiB', m: 'MiB', g: 'GiB', ki: 'KiB', mi: 'MiB', gi: 'GiB' }),
  bare: ['GiB', 'MiB', 'KiB', 'B'],
  example: '"25MiB"',
  least: '"1B" is the smallest',
  most: Number.MAX_SAFE_INTEGER,
  mostText: '8388607GiB',
}

/**
 * Milliseconds of `"500ms"`, `"60s"`, `"2m"`, `"1h"`, `"3d"`, `"2 minutes"`: from 1 ms to 24 days, so that any duration fits a timer
 * of Node.js. Throws a ValueError for anything else.
 */
export function parseDuration(written: unknown): number {
  return parse(written, DURATION)
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
  if (factor === undefined) throw withoutUnit(digits, unit, scale)
  const value = Number(digits) * factor
  if (value === 0) throw new ValueError(`a ${noun} is more than 0: ${scale.least}`)
  if (value > scale.most) throw new ValueError(`too much: a ${noun} is at most ${scale.mostText}`)
  return value
}

function withoutUnit(digits: string, unit: string, scale: Scale): ValueError {
  const known = [...scale.units.keys()].join(', ')
  if (unit !== '') return new ValueError(`unknown unit "${unit}" (${known})`, meant(digits, unit, scale))
  const number = Number(digits)
  if (!Number.isSafeInteger(number) || number === 0) return new ValueError(`${digits} has no unit (${known})`)
  const best = scale.bare.find((name) => number % (scale.units.get(name) ?? 1) === 0) ?? 's'
  const count = scale.bare.length > 1 ? number / (scale.units.get(best) ?? 1) : number
  return new ValueError(`${digits} has no unit`, `${count}${best}`)
}

/** By another case, or by what people write. */
function meant(digits: string, unit: string, { units, words, mistakes }: Scale): string | undefined {
  const lower = unit.toLowerCase()
  const found =
    [...units.keys()].find((name) => name.toLowerCase() === lower) ?? words.get(lower) ?? mistakes.get(lower)
  return found === undefined ? undefined : `${digits}${found}`
}

function mapOf<T>(entries: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(entries))
}
