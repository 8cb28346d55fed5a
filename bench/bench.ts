/**
 * Measures every lane in rounds, one after another, so that a machine that is slow for a while is slow for all. What
 * counts are ratios within a run: figures of different machines or runs do not compare.
 */
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { startClamd } from '../test/ground/clamd.js'
import { makeScratch } from '../test/ground/scratch.js'
import { startSpamd } from '../test/ground/spamd.js'
import { LANES, NO_FILTER } from './lanes.js'
import { Measurement } from './measurement.js'
import { benchRelay } from './relay.js'
import { makeSizeTable, makeTable, printSheet } from './report.js'

const USAGE = `Usage: npm run bench -- [--lanes REGEX] [--rounds N] [--seconds N] [--relay]

  --lanes REGEX  only lanes whose name matches
  --rounds N     how often every lane is measured (default 5)
  --seconds N    about how long one measurement takes (default 2)
  --relay        only the relay, without Postfix: what the runner costs
`

export async function bench(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      lanes: { type: 'string', default: '' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      relay: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const seconds = Number(values.seconds)
  if (values.relay) {
    await benchRelay(seconds)
    return 0
  }
  const begun = performance.now()
  const say = (text: string): void => {
    console.error(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${text}`)
  }
  const pattern = new RegExp(values.lanes)
  await using scratch = await makeScratch('bench')
  const clamd = await startClamd({ directory: join(scratch.path, 'clamd') })
  const spamd = await startSpamd({ directory: join(scratch.path, 'spamd') })
  const started: Measurement[] = []
  try {
    for (const lane of LANES.filter(({ name }) => pattern.test(name))) {
      say(`starting ${lane.name}`)
      const measurement = new Measurement(lane, await lane.start({ clamd, spamd }))
      started.push(measurement)
      await measurement.warmUp()
    }
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const measurement of started) {
        const { rates } = await measurement.measure('4 KiB', seconds)
        await measurement.measureAlone()
        await measurement.measure('100 KiB', seconds / 2)
        await measurement.measure('10 MiB', seconds / 2)
        say(`round ${round}: ${measurement.result.lane.name}: ${rates.at(-1)?.toFixed(1)} messages/s`)
      }
    }
    for (const measurement of started) {
      say(`memory: ${measurement.result.lane.name}`)
      await measurement.measureMemory()
    }
    const results = started.map(({ result }) => result)
    console.log(printSheet(makeTable(results, NO_FILTER)))
    console.log(printSheet(makeSizeTable(results)))
    return 0
  } finally {
    for (const measurement of started) await measurement.stop()
    await Promise.all([clamd.stop(), spamd.stop()])
  }
}
