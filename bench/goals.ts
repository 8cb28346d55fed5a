/** What candy wants to reach, and whether it does. */
import { AFTER_LIMIT, BEFORE_LIMIT, NO_FILTER } from './lane.js'
import type { Result } from './measurement.js'
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

const TARGETS: readonly Target[] = [
  throughput(`${AFTER}: throughput, of its limit's`, AFTER, AFTER_LIMIT, 0.95),
  throughput(`${BEFORE}: throughput, of its limit's`, BEFORE, BEFORE_LIMIT, 0.95),
  throughput(`${AFTER}, clamd: throughput, of clamsmtp's`, `${AFTER}, clamd`, 'smtp: clamsmtp, clamd', 1.8),
  throughput(`${MILTER}: throughput, of no filter's`, MILTER, NO_FILTER, 0.75),
  throughput(
    `${MILTER}, clamd: throughput, of clamav-milter's`,
    `${MILTER}, clamd`,
    'milter: clamav-milter, clamd',
    1.1,
  ),
  alone(AFTER, AFTER_LIMIT),
  alone(TCP, AFTER_LIMIT),
  alone(BEFORE, BEFORE_LIMIT),
  cost(AFTER),
  cost(BEFORE),
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

function throughput(goal: string, name: string, other: string, least: number): Target {
  const rates = (result: Result | undefined): readonly number[] => result?.sizes['4 KiB'].rates ?? []
  return { goal, least, unit: 'x', digits: 2, measure: (find) => medianRatio(rates(find(name)), rates(find(other))) }
}

function alone(name: string, limit: string): Target {
  const time = (result: Result | undefined): number => median(result?.alone ?? [])
  const measure = (find: Find): number => time(find(name)) / time(find(limit))
  return { goal: `${name}: p50 of a lone message, of its limit's`, most: 1.3, unit: 'x', digits: 2, measure }
}

function cost(name: string, most = 1): Target {
  const measure = (find: Find): number => median(find(name)?.sizes['4 KiB'].costs ?? [])
  return { goal: `${name}: processor time of 4 KiB`, most, unit: 'ms', digits: 2, measure }
}

function memory(name: string): Target {
  const measure = (find: Find): number => (find(name)?.memory ?? Number.NaN) / 2 ** 20
  return { goal: `${name}: memory with 20 x 10 MiB at once`, most: 150, unit: 'MiB', digits: 0, measure }
}
