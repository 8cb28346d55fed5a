/** What was measured, as tables and as data. */
import { cpus } from 'node:os'
import { type Goal, judge } from './goals.js'
import { NO_FILTER } from './lane.js'
import { type Result, WORKLOADS, type Workload } from './measurement.js'
import type { Sheet } from './sheet.js'
import { median, medianRatio, quantile } from './statistics.js'

export interface Report {
  /** How it was measured: one sentence or two. */
  readonly about: string
  readonly lanes: readonly Row[]
  readonly goals: readonly Goal[]
}

/** One lane: milliseconds, MiB, and messages a second of 4 KiB. */
export interface Row {
  readonly lane: string
  readonly kind: 'limit' | 'candy' | 'rival'
  readonly rate: number
  readonly slowest: number
  readonly fastest: number
  /** Absent where it has no limit, or that was not measured. */
  readonly ofLimit?: number
  readonly alone: { readonly p50: number; readonly p99: number }
  readonly memory?: number
  readonly workloads: Readonly<Record<Workload, WorkloadRow>>
}

interface WorkloadRow {
  /** Messages a second. */
  readonly rate: number
  /** Absent where "no filter" was not measured. */
  readonly ofNoFilter?: number
  /** Milliseconds of the filter's processor time; absent without a resident filter. */
  readonly cost?: number
}

/** `groups` are the results of lanes that were measured in turns. A lane that is in several has the row of the first. */
export function makeReport(groups: readonly (readonly Result[])[], rounds: readonly number[]): Report {
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)]
  const about =
    `Medians of ${least === most ? least : `${least} to ${most}`} interleaved rounds, ratios taken within each; ` +
    `10 messages at a time; ${cpus().length} cores, Node.js ${process.version}.`
  const rows = groups.flatMap((results) => results.map((result) => makeRow(result, results)))
  const lanes = rows.filter(({ lane }, index) => rows.findIndex((row) => row.lane === lane) === index)
  return { about, lanes, goals: judge(groups) }
}

function makeRow({ lane, workloads, alone, memory }: Result, group: readonly Result[]): Row {
  const { rates } = workloads['4 KiB']
  const ratio = (name: string, workload: Workload): number => {
    const other = group.find((result) => result.lane.name === name)
    return medianRatio(workloads[workload].rates, other?.workloads[workload].rates ?? [])
  }
  const rowOf = (workload: Workload): WorkloadRow => {
    const { rates, costs } = workloads[workload]
    return {
      rate: median(rates),
      ...known('ofNoFilter', ratio(NO_FILTER, workload)),
      ...known('cost', median(costs)),
    }
  }
  return {
    lane: lane.name,
    kind: lane.kind,
    rate: median(rates),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    ...known('ofLimit', lane.against === lane.name ? Number.NaN : ratio(lane.against, '4 KiB')),
    alone: { p50: median(alone), p99: quantile(alone, 0.99) },
    ...known('memory', (memory ?? Number.NaN) / 2 ** 20),
    workloads: {
      '4 KiB': rowOf('4 KiB'),
      '100 KiB': rowOf('100 KiB'),
      '5 MiB': rowOf('5 MiB'),
      mix: rowOf('mix'),
    },
  }
}

function known<Name extends string>(name: Name, value: number): { readonly [N in Name]?: number } {
  return Number.isNaN(value) ? {} : ({ [name]: value } as { readonly [N in Name]: number })
}

/** Ratios to Postfix without a filter, for each workload. */
export function ratiosSheet(rows: readonly Row[]): Sheet {
  const head = ['x no filter', ...WORKLOADS, 'p50 ms', 'CPU ms']
  const cells = rows.map(({ lane, workloads, alone }) => [
    lane,
    ...WORKLOADS.map((workload) => print(workloads[workload].ofNoFilter, 2)),
    print(alone.p50, 1),
    print(workloads['4 KiB'].cost, 2),
  ])
  return { head, rows: cells }
}

export function lanesSheet({ lanes }: Report): Sheet {
  const head = ['', 'x no filter', 'x its limit', 'messages/s', 'spread', 'p50 ms', 'p99 ms', 'CPU ms', 'memory MiB']
  const rows = lanes.map((row) => [
    row.lane,
    print(row.workloads['4 KiB'].ofNoFilter, 2),
    print(row.ofLimit, 2),
    print(row.rate, 0),
    `${print(row.slowest, 0)} - ${print(row.fastest, 0)}`,
    print(row.alone.p50, 1),
    print(row.alone.p99, 1),
    print(row.workloads['4 KiB'].cost, 2),
    print(row.memory, 0),
  ])
  return { head, rows }
}

export function workloadsSheet({ lanes }: Report): Sheet {
  const head = ['', ...WORKLOADS.flatMap((workload) => [`${workload}: x no filter`, 'messages/s', 'CPU ms'])]
  const rows = lanes.map(({ lane, workloads }) => {
    const cells = WORKLOADS.map((workload) => {
      const { rate, ofNoFilter, cost } = workloads[workload]
      return [print(ofNoFilter, 2), print(rate, rate < 20 ? 1 : 0), print(cost, 2)]
    })
    return [lane, ...cells.flat()]
  })
  return { head, rows }
}

export function goalsSheet({ goals }: Report): Sheet {
  const head = ['goal', 'measured', 'least of Node.js', 'met']
  const rows = goals.map(({ goal, measured, floor = '', met }) => [goal, measured, floor, met ? 'met' : 'not met'])
  return { head, rows }
}

function print(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits)
}
