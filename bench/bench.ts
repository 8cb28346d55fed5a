/**
 * Measures every lane in rounds, one after another, so that a machine that is slow for a while is slow for all. What
 * counts are ratios within a run: figures of different machines or runs do not compare.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { type Lane, loneMessages, processorTime, throughput } from './lane.js'
import { LANES, NO_FILTER } from './lanes.js'
import { benchRelay } from './relay.js'

const USAGE = `Usage: npm run bench -- [--rounds N] [--seconds N] [--write] [--relay]

  --rounds N   how often every lane is measured (default 5)
  --seconds N  about how long one measurement takes (default 5)
  --write      put the table into bench/results.md
  --relay      only the relay, without Postfix: what the runner costs
`

interface Series {
  readonly lane: Lane
  /** Messages of one measurement. */
  readonly count: number
  readonly rates: number[]
  readonly times: number[]
  /** Milliseconds of the runner's processor time for each message. */
  readonly costs: number[]
}

export async function bench(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      write: { type: 'boolean', default: false },
      relay: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (values.relay) {
    await benchRelay(Number(values.seconds))
    return 0
  }
  const started: Series[] = []
  try {
    for (const [name, { start, against }] of Object.entries(LANES)) {
      console.error(`starting: ${name}`)
      const lane = { name, against, ground: await start() }
      // The first messages pay for starts; they also tell how many fit into the time.
      const rate = await throughput(lane, 20)
      started.push({
        lane,
        count: Math.max(20, Math.round(rate * Number(values.seconds))),
        rates: [],
        times: [],
        costs: [],
      })
    }
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const series of started) {
        const before = processorTime(series.lane)
        series.rates.push(await throughput(series.lane, series.count))
        const after = processorTime(series.lane)
        if (before !== undefined && after !== undefined) series.costs.push((after - before) / series.count)
        series.times.push(...(await loneMessages(series.lane, 10)))
        console.error(`round ${round}: ${series.lane.name}: ${series.rates.at(-1)?.toFixed(1)} messages/s`)
      }
    }
    report(started, values.write)
    return 0
  } finally {
    for (const { lane } of started) await lane.ground.stop()
  }
}

function report(all: readonly Series[], write: boolean): void {
  const rateOf = (name: string): number => median(all.find(({ lane }) => lane.name === name)?.rates ?? [])
  const head = ['', 'messages/s', 'spread', 'x no filter', 'x its limit', 'alone, p50 ms', 'p99 ms', 'runner CPU ms']
  const rows = all.map(({ lane, rates, times, costs }) => {
    const rate = median(rates)
    const spread = `${Math.min(...rates).toFixed(0)} - ${Math.max(...rates).toFixed(0)}`
    const ratio = lane.against === lane.name ? '' : (rate / rateOf(lane.against)).toFixed(2)
    const alone = [median(times), quantile(times, 0.99)].map((time) => time.toFixed(1))
    const cost = costs.length === 0 ? '' : median(costs).toFixed(2)
    return [lane.name, rate.toFixed(0), spread, (rate / rateOf(NO_FILTER)).toFixed(2), ratio, ...alone, cost]
  })
  const table = new Table({ head, style: { head: [], border: [] } })
  table.push(...rows)
  console.log(table.toString())
  if (!write) return
  const about = `Medians of ${all[0]?.rates.length} interleaved rounds, 4 KiB messages, 10 at a time; ${cpus().length} cores, Node.js ${process.version}.`
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
  writeFileSync(
    join(import.meta.dirname, 'results.md'),
    `${about} Made by \`npm run bench -- --write\`.\n\n${lines.join('\n')}\n`,
  )
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}
