/**
 * Measures the lanes of a group in rounds, one after another, so that a machine that is slow for a while is slow for all. What
 * counts are ratios within a group: figures of different machines or runs do not compare.
 */
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { startClamd } from '../test/kit/clamd.js'
import { tryCommand } from '../test/kit/command.js'
import { makeScratch } from '../test/kit/scratch.js'
import { startSpamd } from '../test/kit/spamd.js'
import { Started } from '../test/kit/started.js'
import { type Daemons, type Lane, NO_FILTER } from './lane.js'
import { GROUPS, type Group } from './lanes.js'
import { Measurement, type Result, WORKLOADS } from './measurement.js'
import { type Options, readOptions, USAGE } from './options.js'
import { writePages } from './pages.js'
import { Progress } from './progress.js'
import { benchRelay } from './relay.js'
import { goalsSheet, lanesSheet, makeReport, type Report, workloadsSheet } from './report.js'
import { toTerminal } from './sheet.js'

const ROOT = resolve(import.meta.dirname, '..')
const EX_USAGE = 64

const LARGER = WORKLOADS.filter((workload) => workload !== '4 KiB')

/** Gives the exit status. */
export async function bench(argv: readonly string[]): Promise<number> {
  let options: Options
  try {
    options = readOptions(argv)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    return EX_USAGE
  }
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const progress = new Progress()
  const started = new Started()
  try {
    await Promise.race([run(options, progress, started), progress.interruption])
    return 0
  } finally {
    progress.say('stopping all that was started')
    await started.stop()
  }
}

async function run(options: Options, progress: Progress, started: Started): Promise<void> {
  if (options.relay) {
    console.log(toTerminal(await benchRelay(options.seconds, progress, started)))
    return
  }
  const report = await measure(options, progress, started)
  if (options.json) console.log(JSON.stringify(report, null, 2))
  else for (const sheet of [lanesSheet, workloadsSheet, goalsSheet]) console.log(`${toTerminal(sheet(report))}\n`)
  if (!options.keep && options.lanes === undefined) writePages(report)
}

async function measure(options: Options, progress: Progress, started: Started): Promise<Report> {
  const groups = GROUPS.map(({ name, lanes }) => ({ name, lanes: lanes.filter((lane) => isWanted(lane, options)) }))
  const wanted = groups.filter(({ lanes }) => lanes.some(({ name }) => name !== NO_FILTER))
  if (options.installRivals) installPackages(wanted.flatMap(({ lanes }) => lanes))
  progress.next('starting clamd and spamd')
  const scratch = await started.own(makeScratch('bench'))
  const clamd = await started.own(startClamd({ directory: join(scratch.path, 'clamd') }))
  const spamd = await started.own(startSpamd({ directory: join(scratch.path, 'spamd') }))
  const results: Result[][] = []
  const rounds: number[] = []
  for (const group of wanted) {
    const own = await started.own(Promise.resolve(new Started()))
    const measurements = await startLanes(group, { clamd, spamd }, progress, own)
    rounds.push(await measureRounds(measurements, options, (options.minutes * 60) / wanted.length, progress))
    await finish(measurements, progress)
    results.push(measurements.map(({ result }) => result))
    await own.stop()
  }
  return makeReport(results, rounds)
}

function isWanted({ name }: Lane, { lanes }: Options): boolean {
  return lanes === undefined || lanes.test(name)
}

async function startLanes(
  { name, lanes }: Group,
  daemons: Daemons,
  progress: Progress,
  started: Started,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const lane of lanes) {
    if (!(await isInstalled(lane))) {
      progress.next(`left out: ${lane.name}: the Debian package ${lane.debian} is not installed (--install-rivals)`)
      continue
    }
    progress.next(`${name}: starting: ${lane.name}`)
    const measurement = new Measurement(lane, await started.own(lane.start(daemons)))
    await measurement.warmUp()
    measurements.push(measurement)
  }
  return measurements
}

/** Returns how many rounds there was time for: one at least, in about so many seconds. */
async function measureRounds(
  measurements: readonly Measurement[],
  { rounds, seconds }: Options,
  time: number,
  progress: Progress,
): Promise<number> {
  const end = progress.seconds + time
  let last = 0
  for (let round = 1; round <= rounds; round++) {
    const begun = progress.seconds
    if (round > 1 && begun + last > end) {
      progress.say(`no time for round ${round}`)
      return round - 1
    }
    for (const measurement of measurements) {
      progress.next(`round ${round}: ${measurement.name}`)
      const { rates } = await measurement.measure('4 KiB', seconds)
      progress.say(`  ${rates.at(-1)?.toFixed(1)} messages/s`)
      await measurement.measureAlone()
      for (const workload of LARGER) await measurement.measure(workload, seconds / 2)
    }
    last = progress.seconds - begun
  }
  return rounds
}

async function finish(measurements: readonly Measurement[], progress: Progress): Promise<void> {
  for (const measurement of measurements) {
    progress.next(`memory: ${measurement.name}`)
    await measurement.measureMemory()
    const trouble = await measurement.trouble()
    if (trouble > 0) progress.say(`${measurement.name}: ${trouble} deliveries failed and were tried again`)
  }
}

function installPackages(lanes: readonly Lane[]): void {
  const packages = new Set(lanes.flatMap(({ debian }) => debian ?? []))
  execFileSync(join(ROOT, 'test/install'), [...packages], { stdio: ['ignore', 2, 2] })
}

async function isInstalled({ debian }: Lane): Promise<boolean> {
  if (debian === undefined) return true
  const { stdout } = await tryCommand('dpkg-query', ['--show', '--showformat', `\${db:Status-Status}`, debian])
  return stdout.toString() === 'installed'
}
