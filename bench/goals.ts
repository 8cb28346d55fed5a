/** What candy wants to reach, and whether it does. */
import { AFTER_FLOOR, BEFORE_FLOOR, HANDOVER_FLOOR, MILTER_CLAMD_FLOOR, MILTER_FLOOR } from './floor.js'
import { AFTER_LIMIT, BEFORE_LIMIT, NO_FILTER, SHELL } from './lane.js'
import type { Result } from './measurement.js'
import { SIZES, type Size } from './message.js'
import { PIPE_FLOOR } from './pipe-commands.js'
import { median, medianRatio } from './statistics.js'

export interface Goal {
  readonly goal: string
  readonly measured: string
  /** The same of the least that a program of Node.js can do there; absent where that was not measured. */
  readonly floor?: string
  readonly met: boolean
}

/** One number that is to be large, or small, enough. */
interface Target {
  readonly goal: string
  readonly lane: string
  /** The lane that it is compared with; its own name where there is nothing to compare. */
  readonly against: string
  readonly least?: number
  readonly most?: number
  readonly unit: string
  readonly digits: number
  /** Not a number where that was not measured. */
  measure(result: Result, other: Result): number
}

const AFTER = 'smtp: candy'
const TCP = 'smtp over TCP: candy'
const BEFORE = 'smtp-before: candy'
const MILTER = 'milter: candy'
const RESIDENT = 'pipe: candy'
const ALONE = 'pipe: candy, no service'

/** By the lane that it is the floor of. The one of mode `smtp` asks no clamd. */
const FLOORS: ReadonlyMap<string, string> = new Map([
  [AFTER, AFTER_FLOOR.name],
  [BEFORE, BEFORE_FLOOR.name],
  [MILTER, MILTER_FLOOR.name],
  [`${MILTER}, clamd`, MILTER_CLAMD_FLOOR.name],
  [`${AFTER}, clamd`, AFTER_FLOOR.name],
  [RESIDENT, HANDOVER_FLOOR.name],
  [ALONE, PIPE_FLOOR.name],
])

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

/** All but those of which no group has both lanes. */
export function judge(groups: readonly (readonly Result[])[]): readonly Goal[] {
  return TARGETS.flatMap((target) => {
    const { goal, lane, least = -Infinity, most = Infinity, unit } = target
    const value = measureIn(target, lane, groups)
    if (value === undefined) return []
    const bound = least === -Infinity ? `at most ${most} ${unit}` : `at least ${least} ${unit}`
    const floor = measureIn(target, FLOORS.get(lane), groups)
    return [
      {
        goal: `${goal}: ${bound}`,
        measured: print(target, value),
        ...(floor !== undefined && { floor: print(target, floor) }),
        met: value >= least && value <= most,
      },
    ]
  })
}

/** Of this lane, in the first group that has it and what it is compared with. */
function measureIn(
  { lane: own, against, measure }: Target,
  lane: string | undefined,
  groups: readonly (readonly Result[])[],
): number | undefined {
  return groups
    .map((results) => {
      const [result, other] = [lane, against === own ? lane : against].map((name) =>
        results.find((one) => one.lane.name === name),
      )
      return result === undefined || other === undefined ? Number.NaN : measure(result, other)
    })
    .find((number) => !Number.isNaN(number))
}

function print({ digits, unit }: Target, value: number): string {
  return `${value.toFixed(digits)} ${unit}`
}

/** One target for each size that has a bound. */
function throughput(lane: string, against: string, bounds: Readonly<Partial<Record<Size, number>>>): readonly Target[] {
  return SIZES.flatMap((size) => {
    const least = bounds[size]
    if (least === undefined) return []
    const measure = ({ workloads }: Result, other: Result): number =>
      medianRatio(workloads[size].rates, other.workloads[size].rates)
    const goal = `${lane}: throughput of ${size}, against "${against}"`
    return [{ goal, lane, against, least, unit: 'x', digits: 2, measure }]
  })
}

function alone(lane: string, against: string): Target {
  const goal = `${lane}: p50 of a lone message, against its limit`
  const measure = (result: Result, limit: Result): number => median(result.alone) / median(limit.alone)
  return { goal, lane, against, most: 1.3, unit: 'x', digits: 2, measure }
}

/** `most` in milliseconds. */
function cost(lane: string, most: number): Target {
  const measure = ({ workloads }: Result): number => median(workloads['4 KiB'].costs)
  return { goal: `${lane}: processor time of 4 KiB`, lane, against: lane, most, unit: 'ms', digits: 2, measure }
}

function memory(lane: string): Target {
  const measure = (result: Result): number => (result.memory ?? Number.NaN) / 2 ** 20
  const goal = `${lane}: memory with 20 x 10 MiB at once`
  return { goal, lane, against: lane, most: 150, unit: 'MiB', digits: 0, measure }
}
