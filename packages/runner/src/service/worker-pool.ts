/**
 * The worker processes of one generation, all with the same configuration. As many take mail as are needed; the others stand
 * by. A worker that dies is replaced, after a pause that doubles while workers keep dying. A worker that stops reporting is killed
 * and replaced, since a filter in an endless loop reacts to no signal but SIGKILL. Such a worker has not acknowledged its mail, so
 * Postfix sends it again.
 */
import type { FilterHealth } from '../filters/examination.js'
import type { Log } from '../log/log.js'
import { AwakeClock } from './awake-clock.js'
import { type Change, scalingFor } from './scaling.js'
import type { Idle } from './session-server.js'
import type { Assignment } from './worker-message.js'
import { WorkerProcess } from './worker-process.js'

/** Milliseconds between two checks of when each worker has last reported. */
const CHECK_INTERVAL = 500

/** Milliseconds before a dead worker is replaced: at first, and at most. */
const PAUSE = { first: 100, max: 5_000 } as const

/** When a worker that has run for so many milliseconds dies, the pause before its replacement is the shortest again. */
const HEALTHY_AFTER = 10_000

/**
 * Milliseconds for which workers may finish their sessions. Then they are killed, and Postfix sends their mail again. A session that is
 * kept lasts for as long as a client is connected; smtpd_timeout, 300 s unless set otherwise, is for one that says nothing.
 */
const DRAIN_TIMEOUT: Readonly<Record<Idle, number>> = { keep: 330_000, close: 30_000 }

export interface WorkerPoolOptions {
  readonly count: number
  readonly assignment: Assignment
  /** The bound sockets that workers inherit, one for each endpoint of the assignment. */
  readonly descriptors: readonly number[]
  /** A worker that does not report for so many milliseconds of the awake clock is killed. */
  readonly hang: number
  readonly log: Log
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #workers = new Set<WorkerProcess>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #clock = new AwakeClock()
  #pause: number = PAUSE.first
  #draining = false
  #deaths = 0
  #checkTimer: NodeJS.Timeout | undefined
  /** How the number of active workers should change, and since when: milliseconds of `performance.now()`. */
  #wanted: { readonly by: Change['by']; readonly since: number } = { by: 0, since: 0 }

  private constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  /** Starts the workers; resolves when all are ready and the first takes mail. Throws when one cannot start; then all are killed. */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options)
    try {
      await Promise.all(Array.from({ length: options.count }, () => pool.#startWorker()))
      await pool.#inState('standby')[0]?.open()
    } catch (error) {
      pool.#draining = true
      for (const worker of pool.#workers) worker.kill()
      throw error
    }
    pool.#startChecks()
    return pool
  }

  /** Sessions under way, by the last report of each worker. */
  get sessions(): number {
    return [...this.#workers].reduce((sum, { sessions }) => sum + sessions, 0)
  }

  /** Bytes of messages in files, by the last report of each worker. */
  get spooled(): number {
    return [...this.#workers].reduce((sum, { spooled }) => sum + spooled, 0)
  }

  /** The number of workers that take mail. */
  get active(): number {
    return this.#inState('active').length
  }

  /** The number of workers that take mail or stand by. */
  get size(): number {
    return this.active + this.#inState('standby').length
  }

  /** How many workers have ended without having been told to. */
  get deaths(): number {
    return this.#deaths
  }

  /** Has a worker, which takes no mail if possible, ask its filters whether they could work now. Throws when that fails. */
  async check(): Promise<readonly FilterHealth[]> {
    const [worker] = [...this.#inState('standby'), ...this.#inState('active')]
    if (worker === undefined) throw new Error('no worker is ready')
    return worker.check()
  }

  /** Has every worker finish its sessions and end; resolves when all have exited. Workers that take too long are killed. May be called again. */
  async drain(idle: Idle): Promise<void> {
    this.#draining = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const worker of this.#workers) worker.drain(idle)
    const kill = setTimeout(() => this.#killAll('did not finish in time'), DRAIN_TIMEOUT[idle])
    await Promise.all(Array.from(this.#workers, ({ exited }) => exited))
    clearTimeout(kill)
    clearInterval(this.#checkTimer)
  }

  #inState(state: WorkerProcess['state']): readonly WorkerProcess[] {
    return [...this.#workers].filter((worker) => worker.state === state)
  }

  async #startWorker(): Promise<void> {
    const worker = new WorkerProcess(this.#options.assignment, this.#options.descriptors, this.#clock)
    this.#workers.add(worker)
    const ready = worker.ready()
    void worker.exited.then((how) => {
      this.#workers.delete(worker)
      void ready.then(
        () => this.#onExit(worker, how),
        () => {},
      )
    })
    await ready
  }

  /** Has one more worker take mail, when one stands by. */
  #activate(): void {
    const [worker] = this.#inState('standby')
    if (worker === undefined) return
    const { pid } = worker
    const { log } = this.#options
    log.write('info', 'one more worker takes mail', { pid })
    worker.open().catch((error: Error) => {
      log.write('error', 'a worker cannot take mail', { pid, error: error.message })
    })
  }

  /** Replaces a worker that has exited after it was ready, unless it was told to end. */
  #onExit(worker: WorkerProcess, how: string): void {
    if (this.#draining || worker.state === 'retiring') return
    this.#deaths += 1
    this.#options.log.write('error', 'a worker died', { pid: worker.pid, how, sessions: worker.sessions })
    if (performance.now() - worker.startedAt > HEALTHY_AFTER) this.#pause = PAUSE.first
    this.#scale()
    this.#replaceLater()
  }

  #replaceLater(): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#startWorker().then(
        () => this.#scale(),
        (error: Error) => {
          if (this.#draining) return
          this.#options.log.write('error', 'a worker cannot start', { error: error.message })
          this.#replaceLater()
        },
      )
    }, this.#pause)
    this.#timers.add(timer)
    this.#pause = Math.min(this.#pause * 2, PAUSE.max)
  }

  #startChecks(): void {
    this.#checkTimer = setInterval(() => {
      this.#clock.tick()
      for (const worker of this.#workers) {
        if (worker.silence < this.#options.hang) continue
        this.#options.log.write('error', 'a worker hangs', { pid: worker.pid })
        worker.kill()
      }
      this.#scale()
    }, CHECK_INTERVAL)
  }

  /** Activates or retires a worker once that has been needed for long enough. */
  #scale(): void {
    if (this.#draining) return
    const active = this.#inState('active')
    const { by, after } = scalingFor(active, this.#inState('retiring').length)
    const now = performance.now()
    if (by !== this.#wanted.by) this.#wanted = { by, since: now }
    if (by === 0 || now - this.#wanted.since < after) return
    this.#wanted = { by: 0, since: now }
    if (by === 1) this.#activate()
    else this.#retire(active.at(-1))
  }

  /** Lets a worker finish and end, and starts a new one that stands by: a worker that takes mail cannot go back to standing by. */
  #retire(worker: WorkerProcess | undefined): void {
    if (worker === undefined) return
    this.#options.log.write('info', 'one worker fewer takes mail', { pid: worker.pid })
    worker.drain('keep')
    void this.#startWorker().catch(() => this.#replaceLater())
  }

  #killAll(why: string): void {
    for (const worker of this.#workers) {
      this.#options.log.write('warn', `a worker ${why}`, { pid: worker.pid })
      worker.kill()
    }
  }
}
