/** What the benchmarks make of their measurements, and the figures on the pages, which nobody may change by hand. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { judge } from '../bench/goals.js'
import { AFTER_LIMIT, type Lane, NO_FILTER } from '../bench/lane.js'
import { GROUPS, LANES } from '../bench/lanes.js'
import type { Result, Series } from '../bench/measurement.js'
import { MESSAGES, MIX } from '../bench/message.js'
import { readOptions, USAGE } from '../bench/options.js'
import { OVERVIEW, overviewOf } from '../bench/overview.js'
import { FIGURES, PAGES } from '../bench/pages.js'
import { drawReport } from '../bench/plot.js'
import { lanesSheet, makeReport, ratiosSheet } from '../bench/report.js'
import { toMarkdown } from '../bench/sheet.js'
import { median, medianRatio, quantile } from '../bench/statistics.js'

const ROOT = resolve(import.meta.dirname, '..')
const candy = 'smtp: candy'

interface Measured {
  readonly rates: number[]
  readonly costs?: number[]
  readonly alone: number[]
  readonly memory?: number
}

function resultOf(name: string, { rates, costs = [], alone, memory }: Measured): Result {
  const lane = LANES.find((one) => one.name === name) as Lane
  const other: Series = { rates: [1], costs: [] }
  const workloads = { '4 KiB': { rates, costs }, '100 KiB': other, '5 MiB': other, mix: other }
  return { lane, workloads, alone, ...(memory !== undefined && { memory }) }
}

const results = [
  resultOf(NO_FILTER, { rates: [400, 100, 200], alone: [2] }),
  resultOf(AFTER_LIMIT, { rates: [100, 100, 100], alone: [4, 4, 4] }),
  resultOf(candy, { rates: [90, 96, 300], costs: [0.5, 1.5, 1.25], alone: [5, 6, 5.2], memory: 149 * 2 ** 20 }),
]

test('medians and quantiles are of the nearest rank', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(quantile([...Array(100).keys()], 0.99)).toBe(98)
  expect(median([])).toBeNaN()
  expect(medianRatio([1, 20, 3], [2, 10, 3])).toBe(1)
  expect(medianRatio([1], [])).toBeNaN()
})

test('a goal is judged by medians, and left out where one of its lanes was not measured', () => {
  const rate = (size: string): string => `${candy}: throughput of ${size}, against "${AFTER_LIMIT}"`
  expect(judge([results])).toEqual([
    { goal: `${rate('4 KiB')}: at least 0.95 x`, measured: '0.96 x', met: true },
    { goal: `${rate('100 KiB')}: at least 0.95 x`, measured: '1.00 x', met: true },
    { goal: `${rate('5 MiB')}: at least 0.8 x`, measured: '1.00 x', met: true },
    { goal: `${candy}: p50 of a lone message, against its limit: at most 1.3 x`, measured: '1.30 x', met: true },
    { goal: `${candy}: processor time of 4 KiB: at most 0.7 ms`, measured: '1.25 ms', met: false },
    { goal: `${candy}: memory with 20 x 10 MiB at once: at most 150 MiB`, measured: '149 MiB', met: true },
  ])
})

test('beside a goal stands what Node.js reaches that only passes bytes on', () => {
  const floor = resultOf('smtp: Node.js that only passes bytes on', { rates: [98, 97, 99], costs: [0.3], alone: [4.4] })
  const floors = judge([[...results, floor]]).map((goal) => goal.floor)
  expect(floors).toEqual(['0.98 x', '1.00 x', '1.00 x', '1.10 x', '0.30 ms', undefined])
})

describe('the report', () => {
  const report = makeReport([results], [3])

  test('compares each lane with no filter and with its limit', () => {
    const [, ...cells] = lanesSheet(report).rows[2] ?? []
    expect(cells).toEqual(['0.96', '0.96', '96', '90 - 300', '5.2', '6.0', '1.25', '149'])
  })

  test('shows few lanes in README.md, which there are', () => {
    expect(LANES.map(({ name }) => name)).toEqual(expect.arrayContaining([...OVERVIEW]))
    expect(ratiosSheet(overviewOf(report)).rows).toEqual([
      [NO_FILTER, '1.00', '1.00', '1.00', '1.00', '2.0', ''],
      [candy, '0.96', '1.00', '1.00', '1.00', '5.2', '1.25'],
    ])
  })

  test('is drawn with these lanes, in well-formed SVG', () => {
    const picture = drawReport(report)
    for (const { lane } of overviewOf(report)) expect(picture).toContain(`>${lane}<`)
    expect(picture.match(/<text/g)).toHaveLength(picture.match(/<\/text>/g)?.length ?? 0)
    expect(picture).toContain('prefers-color-scheme: dark')
  })
})

test('a table in Markdown has columns of one width', () => {
  const text = toMarkdown({ head: ['', 'b'], rows: [['lane', '1']] })
  expect(text).toBe('|      | b   |\n| ---- | --- |\n| lane | 1   |')
})

test('a lane is compared with those of its own group only, and stands once in the tables', () => {
  const [noFilter, limit] = results.slice(0, 2) as [Result, Result]
  const slower = resultOf(candy, { rates: [50], alone: [9] })
  const { lanes, goals } = makeReport([[noFilter, limit], [slower], [noFilter, limit, slower]], [3, 1, 1])
  expect(lanes.map(({ lane }) => lane)).toEqual([NO_FILTER, AFTER_LIMIT, candy])
  expect(lanes[2]?.ofLimit).toBeUndefined()
  expect(goals[0]).toMatchObject({ measured: '0.50 x', met: false })
})

test('every lane has a name of its own, is in a group with what it is compared with, and no lane is in a group twice', () => {
  const names = LANES.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { lanes } of GROUPS) {
    const own = lanes.map(({ name }) => name)
    expect(own[0]).toBe(NO_FILTER)
    expect(new Set(own).size).toBe(own.length)
  }
  const goals = judge([LANES.map(({ name }) => resultOf(name, { rates: [1], costs: [1], alone: [1], memory: 1 }))])
  const each = GROUPS.map(({ lanes }) =>
    judge([lanes.map(({ name }) => resultOf(name, { rates: [1], costs: [1], alone: [1], memory: 1 }))]),
  )
  expect(each.flat().map(({ goal }) => goal)).toEqual(expect.arrayContaining(goals.map(({ goal }) => goal)))
})

test('messages are as large as they are called, and no line needs dot-stuffing', () => {
  expect(Object.values(MESSAGES).map(({ length }) => Math.round(length / 1024))).toEqual([4, 100, 5120])
  expect(new Set(MIX).size).toBe(50)
  for (const bytes of [...Object.values(MESSAGES), ...MIX]) expect(bytes.includes('\r\n.')).toBe(false)
})

test('every option is in the usage, and nonsense is refused', () => {
  for (const name of Object.keys(readOptions([]))) {
    const option = `--${name.replace(/[A-Z]/g, (mail) => `-${mail.toLowerCase()}`)}`
    expect(USAGE).toContain(option)
  }
  expect(() => readOptions(['--rounds', 'many'])).toThrow('--rounds')
  expect(() => readOptions(['--unknown'])).toThrow('--unknown')
})

test.each(PAGES)('the figures in $page are those in bench/results.md', ({ page, svg }) => {
  const figures = FIGURES.exec(readFileSync(join(ROOT, page), 'utf8'))?.[0].trim() ?? ''
  expect(figures).toContain('x no filter')
  expect(figures).toContain(`](${svg})`)
  const results = readFileSync(join(ROOT, 'bench/results.md'), 'utf8')
  for (const part of figures.replace(svg, 'results.svg').split('\n\n')) expect(results).toContain(part)
})
