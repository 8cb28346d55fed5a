/** What was measured, as tables. */
import Table from 'cli-table3'
import type { Result } from './measurement.js'
import type { Size } from './message.js'

/** A heading and as many cells in every row. */
export interface Sheet {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export function makeTable(results: readonly Result[], base: string): Sheet {
  const head = [
    '',
    'messages/s',
    'spread',
    'x no filter',
    'x its limit',
    'alone, p50 ms',
    'p99 ms',
    'filter CPU ms',
    'memory MiB',
  ]
  const rows = results.map((result) => {
    const { rates, costs } = result.sizes['4 KiB']
    const { lane, alone, memory } = result
    return [
      lane.name,
      print(median(rates), 0),
      `${print(Math.min(...rates), 0)} - ${print(Math.max(...rates), 0)}`,
      print(ratio(results, result, base), 2),
      lane.against === lane.name ? '' : print(ratio(results, result, lane.against), 2),
      print(median(alone), 1),
      print(quantile(alone, 0.99), 1),
      costs.length === 0 ? '' : print(median(costs), 2),
      memory === undefined ? '' : print(memory / 2 ** 20, 0),
    ]
  })
  return { head, rows }
}

export function makeSizeTable(results: readonly Result[]): Sheet {
  const sizes = Object.keys(results[0]?.sizes ?? {}) as Size[]
  const head = ['', ...sizes.flatMap((size) => [`${size}: messages/s`, 'filter CPU ms'])]
  const rows = results.map(({ lane, sizes: all }) => [
    lane.name,
    ...sizes.flatMap((size) => {
      const { rates, costs } = all[size]
      return [print(median(rates), size === '10 MiB' ? 1 : 0), costs.length === 0 ? '' : print(median(costs), 2)]
    }),
  ])
  return { head, rows }
}

export function printSheet({ head, rows }: Sheet): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  table.push(...rows.map((row) => [...row]))
  return table.toString()
}

function ratio(results: readonly Result[], { sizes }: Result, name: string): number {
  const other = results.find(({ lane }) => lane.name === name)
  return median(sizes['4 KiB'].rates) / median(other?.sizes['4 KiB'].rates ?? [])
}

function print(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : ''
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}
