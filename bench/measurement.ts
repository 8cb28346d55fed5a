/** What is measured of one lane, again and again. */
import { performance } from 'node:perf_hooks'
import type { Lane, Track } from './lane.js'
import { peakMemory } from './memory.js'
import { MESSAGES, MIX, SIZES, type Size } from './message.js'
import { family, processorTime } from './processes.js'
import { sendAlone, sendMany } from './sending.js'

/** What is sent: messages of one size, or of many. */
export type Workload = Size | 'mix'

export const WORKLOADS: readonly Workload[] = [...SIZES, 'mix']

/** One number a round. */
export interface Series {
  /** Messages a second. */
  readonly rates: number[]
  /** Milliseconds of the filter's processor time a message; none without a resident filter. */
  readonly costs: number[]
}

export interface Result {
  readonly lane: Lane
  readonly workloads: Readonly<Record<Workload, Series>>
  /** Milliseconds that messages took which travelled alone. */
  readonly alone: number[]
  /** Bytes at the worst moment. */
  memory?: number
}

/** Messages before which nothing is measured: V8 compiles what it has seen often, and every cache is filled once. */
const WARM_UP = 1500
/** Seconds after which a slow lane is warm, too. */
const WARM_UP_SECONDS = 8

/** Seconds of mail before each measurement: a lane that has stood still has to start processes again (max_idle in postconf(5)). */
const LEAD_IN = 1

/** Messages of one measurement at least, however slow the lane. The first and the last of ten at a time are alone, so few tell little. */
const LEAST: Readonly<Record<Workload, number>> = { '4 KiB': 20, '100 KiB': 10, '5 MiB': 10, mix: 10 }

/** Messages that travel alone, in each round. */
const ALONE = { least: 10, most: 25, seconds: 1 } as const

export class Measurement {
  readonly result: Result
  readonly #track: Track
  /** Messages a second when last measured. */
  readonly #rates = new Map<Workload, number>()

  constructor(lane: Lane, track: Track) {
    this.#track = track
    const series = (): Series => ({ rates: [], costs: [] })
    this.result = {
      lane,
      workloads: { '4 KiB': series(), '100 KiB': series(), '5 MiB': series(), mix: series() },
      alone: [],
    }
  }

  get name(): string {
    return this.result.lane.name
  }

  /** Deliveries that Postfix had to put off: with them a rate means nothing. */
  async trouble(): Promise<number> {
    const log = await this.#track.testBed.postfix.log()
    return log.match(/ status=(?:deferred|bounced) (?!\(deferred transport\))/g)?.length ?? 0
  }

  /** The first messages pay for starts; they also tell how many fit into a time. A slow lane gets no large ones. */
  async warmUp(): Promise<void> {
    const most = this.#track.filters.length === 0 ? WARM_UP / 5 : WARM_UP
    const begun = performance.now()
    for (let sent = 0, count = 20; sent < most; sent += count, count *= 2) {
      await this.#send('4 KiB', count)
      if (performance.now() - begun > WARM_UP_SECONDS * 1000) return
    }
    for (const workload of WORKLOADS) if (workload !== '4 KiB') await this.#send(workload, LEAST[workload])
  }

  /** Measures what about so many seconds have room for, but a few messages at least. */
  async measure(workload: Workload, seconds: number): Promise<Series> {
    const { filters } = this.#track
    const series = this.result.workloads[workload]
    const countFor = (time: number): number => Math.round((this.#rates.get(workload) ?? 0) * time)
    const count = Math.max(LEAST[workload], countFor(seconds))
    if (countFor(LEAD_IN) > 0) await this.#send(workload, countFor(LEAD_IN))
    const before = processorTime(family(filters))
    const rate = await this.#send(workload, count)
    const after = processorTime(family(filters))
    series.rates.push(rate)
    if (filters.length > 0) series.costs.push((after.user + after.system - before.user - before.system) / count)
    return series
  }

  async measureAlone(): Promise<void> {
    const end = performance.now() + ALONE.seconds * 1000
    let sent = 0
    const goesOn = (): boolean => sent++ < ALONE.least || (sent <= ALONE.most && performance.now() < end)
    this.result.alone.push(...(await sendAlone(this.#track.testBed, MESSAGES['4 KiB'], goesOn)))
  }

  async measureMemory(): Promise<void> {
    if (this.#track.filters.length > 0) this.result.memory = await peakMemory(this.#track)
  }

  async #send(workload: Workload, count: number): Promise<number> {
    const messages = workload === 'mix' ? MIX : [MESSAGES[workload]]
    const rate = (count * 1000) / (await sendMany(this.#track.testBed, messages, count))
    this.#rates.set(workload, rate)
    return rate
  }
}
