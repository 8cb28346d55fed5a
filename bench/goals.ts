/** What candy wants to reach, and whether it does. */
import { AFTER_LIMIT, BEFORE_LIMIT, NO_FILTER, SHELL } from './lane.js'
import type { Result } from './measurement.js'
import { SIZES, type Size } from './message.js'
import { median, medianRatio } from './statistics.js'

export interface Goal {
  readonly goal: string
  readonly measured: string
  readonly met: boolean
}

/** One number that is to be large, or small, enough. */
interface Target {
  readonly goal: string
  readonly least?: number
  readonly most?: number
  readonly unit: string
  readonly digits: number
  /** Not a number where one of its lanes was not measured. */
  measure(find: Find): number
}

type Find = (name: string) => Result | undefined

const AFTER = 'smtp: candy'
const TCP = 'smtp over TCP: candy'
const BEFORE = 'smtp-before: candy'
const MILTER = 'milter: candy'
const RESIDENT = 'pipe: candy'
const ALONE = 'pipe: candy, no service'

const TARGETS: readonly Target[] = [
  ...throughput(AFTER, AFTER_LIMIT, { '4 KiB': 0.95, '100 KiB': 0.95, '5 MiB': 0.8 }),
  ...throughput(BEFORE, BEFORE_LIMIT, { '4 KiB': 0.9, '100 KiB': 0.9, '5 MiB': 0.8 }),
  ...throughput(MILTER, NO_FILTER, { '4 KiB': 0.75, '100 KiB': 0.8, '5 MiB': 0.75 }),
  ...throughput(`${MILTER}, clamd`, 'milter: clamav-milter, clamd', { '4 KiB': 1.1, '100 KiB': 1.1, '5 MiB': 0.9 }),
  ...throughput(`${AFTER}, clamd`, 'smtp: clamsmtp, clamd', { '4 KiB': 1.8 }),
  ...throughput(RESIDENT, SHELL, { '4 KiB': 2.3 }),
  ...throughput(ALONE, SHELL, { '4 KiB': 0.25 }),
  alone(AFTER, AFTER_LIMIT),
  alone(TCP, AFTER_LIMIT),
  alone(BEFORE, BEFORE_LIMIT),
  cost(AFTER, 0.7),
  cost(BEFORE, 0.9),
  cost(MILTER, 0.4),
  memory(AFTER),
  memory(`${AFTER}, clamd`),
  memory(BEFORE),
  memory(MILTER),
]

/** All but those of which a lane was not measured. */
export function judge(results: readonly Result[]): readonly Goal[] {
  const find: Find = (name) => results.find(({ lane }) => lane.name === name)
  return TARGETS.flatMap(({ goal, least = -Infinity, most = Infinity, unit, digits, measure }) => {
    const value = measure(find)
    if (Number.isNaN(value)) return []
    const bound = least === -Infinity ? `at most ${most} ${unit}` : `at least ${least} ${unit}`
    return [
      { goal: `${goal}: ${bound}`, measured: `${value.toFixed(digits)} ${unit}`, met: value >= least && value <= most },
    ]
  })
}

/** One target for each size that has a bound. */
function throughput(name: string, other: string, bounds: Readonly<Partial<Record<Size, number>>>): readonly Target[] {
  return SIZES.flatMap((size) => {
    const least = bounds[size]
    if (least === undefined) return []
    const rates = (result: Result | undefined): readonly number[] => result?.workloads[size].rates ?? []
    const measure = (find: Find): number => medianRatio(rates(find(name)), rates(find(other)))
    return [{ goal: `${name}: throughput of ${size}, against "${other}"`, least, unit: 'x', digits: 2, measure }]
  })
}

function alone(name: string, limit: string): Target {
  const time = (result: Result | undefined): number => median(result?.alone ?? [])
  const measure = (find: Find): number => time(find(name)) / time(find(limit))
  return { goal: `${name}: p50 of a lone message, against its limit`, most: 1.3, unit: 'x', digits: 2, measure }
}

/** `most` in milliseconds. */
function cost(name: string, most: number): Target {
  const measure = (find: Find): number => median(find(name)?.workloads['4 KiB'].costs ?? [])
  return { goal: `${name}: processor time of 4 KiB`, most, unit: 'ms', digits: 2, measure }
}

function memory(name: string): Target {
  const measure = (find: Find): number => (find(name)?.memory ?? Number.NaN) / 2 ** 20
  return { goal: `${name}: memory with 20 x 10 MiB at once`, most: 150, unit: 'MiB', digits: 0, measure }
}
