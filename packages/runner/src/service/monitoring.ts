/**
 * What the supervisor knows of the service and of its mail, for `candy status` and for metrics. What became of mail is read from the history, which
 * workers write themselves: so nothing is lost with a worker, and no message costs a word between processes.
 */
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expireHistory } from '../history/expiry.js'
import { HistoryFollower } from '../history/follower.js'
import type { HistoryRecord } from '../history/record.js'
import { LONGEST_WINDOW, Windows } from '../history/windows.js'
import { MailMetrics } from '../metrics/mail-metrics.js'
import { printMetrics } from '../metrics/metric.js'
import { errorText } from '../os/error-text.js'
import { measureQuarantine, type QuarantineSize } from '../quarantine/size.js'
import type { LastReload, ReloadAnswer, StatusAnswer, WorkersStatus } from './control-message.js'
import { HealthRounds } from './health-rounds.js'
import { inForce, type RunningService } from './running-service.js'
import { type ReloadCounts, serviceMetrics } from './service-metrics.js'

/** Milliseconds between two readings of the history, when nobody asks: so that what is to be read when somebody does is little. */
const INTERVAL = 5_000

/** Milliseconds between two looks at the age of the history. */
const EXPIRY_INTERVAL = 3_600_000

/** Milliseconds for which the quarantine is not measured again. */
const QUARANTINE_AGE = 60_000

export class Monitoring {
  readonly #running: RunningService
  readonly #started: Date
  readonly #windows = new Windows()
  readonly #history: HistoryFollower
  readonly #health: HealthRounds
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #mailMetrics = new MailMetrics()
  readonly #reloads: ReloadCounts = { inForce: 0, refused: 0 }
  #lastReload: LastReload | undefined
  #historyError: string | undefined
  #quarantine: { readonly size: Promise<QuarantineSize | undefined>; readonly at: number } | undefined

  /** `started` is when the service was started. */
  constructor(running: RunningService, started: Date) {
    this.#running = running
    this.#started = started
    const from = new Date(started.getTime() - LONGEST_WINDOW)
    this.#history = new HistoryFollower(this.#path('history'), from, (record) => this.#count(record))
    this.#health = new HealthRounds(running)
    this.#timers = [
      setInterval(() => void this.#readHistory(), INTERVAL).unref(),
      setInterval(() => this.#expireHistory(), EXPIRY_INTERVAL).unref(),
    ]
    this.#expireHistory()
    void this.#readHistory()
  }

  /** To be called after each reload. */
  noteReload({ reloaded, problems }: ReloadAnswer): void {
    this.#lastReload = { time: new Date().toISOString(), reloaded, problems }
    this.#reloads[reloaded ? 'inForce' : 'refused'] += 1
    if (reloaded) this.#health.restart()
  }

  async status(): Promise<StatusAnswer> {
    const state = await this.#state()
    const windows = {
      minute: this.#windows.summary('minute'),
      hour: this.#windows.summary('hour'),
      day: this.#windows.summary('day'),
    }
    return { ...state, windows }
  }

  /** The metrics as Prometheus reads them. Counters begin with the start of the service. */
  async metrics(): Promise<string> {
    const state = await this.#state()
    const refused = this.#lastReload === undefined ? this.#running.refused !== undefined : !this.#lastReload.reloaded
    return printMetrics([...this.#mailMetrics.metrics, ...serviceMetrics(state, this.#reloads, refused)])
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#health.end()
  }

  async #state(): Promise<Omit<StatusAnswer, 'windows'>> {
    const [quarantine, disk] = await Promise.all([this.#measureQuarantine(), this.#measureDisk(), this.#readHistory()])
    const { last: health } = this.#health
    return {
      version: 1,
      pid: process.pid,
      started: this.#started.toISOString(),
      inForce: inForce(this.#running),
      ...(this.#lastReload !== undefined && { lastReload: this.#lastReload }),
      workers: this.#workers(),
      ...(health !== undefined && { health }),
      spool: { bytes: this.#running.generation.workers.spooled },
      ...(quarantine !== undefined && { quarantine }),
      ...(disk !== undefined && { disk }),
      history: {
        damaged: this.#history.damaged,
        ...(this.#historyError !== undefined && { error: this.#historyError }),
      },
    }
  }

  #count(record: HistoryRecord): void {
    this.#windows.add(record)
    if (record.time >= this.#started.toISOString()) this.#mailMetrics.count(record)
  }

  #workers(): WorkersStatus {
    const { active, size, sessions, deaths } = this.#running.generation.workers
    return { active, standby: size - active, sessions, deaths: this.#running.earlierDeaths + deaths }
  }

  /** Whoever begins a file of the history removes the oldest ones, too; but where no mail comes nobody does. */
  #expireHistory(): void {
    const { configuration, log } = this.#running.generation
    try {
      expireHistory(this.#path('history'), configuration.settings.history)
    } catch (error) {
      log.write('warn', 'the oldest part of the history cannot be removed', { error: errorText(error) })
    }
  }

  async #readHistory(): Promise<void> {
    try {
      await this.#history.read()
      this.#historyError = undefined
    } catch (error) {
      this.#historyError = errorText(error)
    }
  }

  #measureQuarantine(): Promise<QuarantineSize | undefined> {
    const now = performance.now()
    if (this.#quarantine === undefined || now - this.#quarantine.at > QUARANTINE_AGE) {
      this.#quarantine = { size: measureQuarantine(this.#path('quarantine')), at: now }
    }
    return this.#quarantine.size
  }

  async #measureDisk(): Promise<{ readonly free: number } | undefined> {
    const found = await statfs(this.#running.files.directory).catch(() => undefined)
    return found && { free: found.bavail * found.bsize }
  }

  /** A path in the state directory. */
  #path(name: string): string {
    return join(dirname(this.#running.files.directory), name)
  }
}
