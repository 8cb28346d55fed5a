/** What was measured, as tables and as data. */
import { cpus } from 'node:os'
import { type Goal, judge } from './goals.js'
import { NO_FILTER } from './lane.js'
import type { Result } from './measurement.js'
import type { Size } from './message.js'
import type { Sheet } from './sheet.js'
import { median, medianRatio, quantile } from './statistics.js'

export interface Report {
  /** How it was measured: one sentence or two. */
  readonly about: string
  readonly lanes: readonly Row[]
  readonly goals: readonly Goal[]
}

/** One lane: milliseconds, messages a second, MiB. */
export interface Row {
  readonly lane: string
  readonly kind: 'limit' | 'candy' | 'rival'
  readonly rate: number
  readonly slowest: number
  readonly fastest: number
  /** Not where "no filter" was not measured. */
  readonly ofNoFilter?: number
  /** Not where it has no limit, or that was not measured. */
  readonly ofLimit?: number
  readonly alone: { readonly p50: number; readonly p99: number }
  readonly memory?: number
  readonly sizes: Readonly<Record<Size, { readonly rate: number; readonly cost?: number }>>
}

export function makeReport(results: readonly Result[], rounds: number): Report {
  const about =
    `Medians of ${rounds} interleaved rounds, ratios taken within each; 4 KiB messages, 10 at a time; ${cpus().length} cores, ` +
    `Node.js ${process.version}.`
  return { about, lanes: results.map((result) => makeRow(result, results)), goals: judge(results) }
}

function makeRow({ lane, sizes, alone, memory }: Result, all: readonly Result[]): Row {
  const { rates } = sizes['4 KiB']
  const ratio = (name: string): number =>
    medianRatio(rates, all.find((result) => result.lane.name === name)?.sizes['4 KiB'].rates ?? [])
  const ofNoFilter = ratio(NO_FILTER)
  const ofLimit = lane.against === lane.name ? Number.NaN : ratio(lane.against)
  const ofSize = (size: Size): Row['sizes'][Size] => {
    const cost = median(sizes[size].costs)
    return { rate: median(sizes[size].rates), ...(!Number.isNaN(cost) && { cost }) }
  }
  return {
    lane: lane.name,
    kind: lane.kind,
    rate: median(rates),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    ...(!Number.isNaN(ofNoFilter) && { ofNoFilter }),
    ...(!Number.isNaN(ofLimit) && { ofLimit }),
    alone: { p50: median(alone), p99: quantile(alone, 0.99) },
    ...(memory !== undefined && { memory: memory / 2 ** 20 }),
    sizes: { '4 KiB': ofSize('4 KiB'), '100 KiB': ofSize('100 KiB'), '10 MiB': ofSize('10 MiB') },
  }
}

export function lanesSheet({ lanes }: Report): Sheet {
  const head = ['', 'messages/s', 'spread', 'x no filter', 'x its limit', 'p50 ms', 'p99 ms', 'CPU ms', 'memory MiB']
  const rows = lanes.map((row) => [
    row.lane,
    print(row.rate, 0),
    `${print(row.slowest, 0)} - ${print(row.fastest, 0)}`,
    print(row.ofNoFilter, 2),
    print(row.ofLimit, 2),
    print(row.alone.p50, 1),
    print(row.alone.p99, 1),
    print(row.sizes['4 KiB'].cost, 2),
    print(row.memory, 0),
  ])
  return { head, rows }
}

export function sizesSheet({ lanes }: Report): Sheet {
  const sizes = Object.keys(lanes[0]?.sizes ?? {}) as Size[]
  const head = ['', ...sizes.flatMap((size) => [`${size}: messages/s`, 'CPU ms'])]
  const rows = lanes.map((row) => {
    const cells = sizes.map((size) => [
      print(row.sizes[size].rate, size === '10 MiB' ? 1 : 0),
      print(row.sizes[size].cost, 2),
    ])
    return [row.lane, ...cells.flat()]
  })
  return { head, rows }
}

export function goalsSheet({ goals }: Report): Sheet {
  const head = ['goal', 'measured', 'met']
  return { head, rows: goals.map(({ goal, measured, met }) => [goal, measured, met ? 'met' : 'not met']) }
}

function print(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits)
}
