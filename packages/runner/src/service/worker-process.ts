/** The supervisor's side of one worker process: starts it, sends it messages, and knows its state and its last report. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CandyError, type ErrorCode } from '@candy/sdk'
import type { FilterHealth } from '../filters/examination.js'
import type { AwakeClock } from './awake-clock.js'
import type { Idle } from './session-server.js'
import type { Assignment, FromWorker, ToWorker } from './worker-message.js'

const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url))

/** Milliseconds for which a worker may load the code of the filters. */
const LOAD_TIMEOUT = 60_000

/** Milliseconds for which a worker may ask its filters whether they could work now. */
const CHECK_TIMEOUT = 30_000

/**
 * `standby`: it has loaded everything, and takes no mail yet. `active`: it takes mail, or was told to. `retiring`: it was told to
 * end. `lost`: its channel is closed, so it ends without having been told to.
 */
export type WorkerState = 'starting' | 'standby' | 'active' | 'retiring' | 'lost'

export class WorkerProcess {
  /** When the process was started: milliseconds of `performance.now()`. */
  readonly startedAt: number = performance.now()
  readonly #process: ChildProcess
  readonly #exited: Promise<string>
  readonly #ready: Promise<unknown>
  readonly #open: Promise<unknown>
  /** Never resolves. Rejects when the worker reports that it cannot start or take mail, and when it exits. */
  readonly #failed: Promise<never>
  #state: WorkerState = 'starting'
  /** Whether the worker was killed because loading took too long. */
  #timedOut = false
  readonly #clock: AwakeClock
  #lastReport: number
  #sessions = 0
  #utilization = 0
  #spooled = 0

  /** Starts the process. It inherits the descriptors of the bound sockets, one for each endpoint of the assignment. */
  constructor(assignment: Assignment, descriptors: readonly number[], clock: AwakeClock) {
    this.#clock = clock
    this.#lastReport = clock.now
    this.#process = fork(MAIN, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
      // With no_new_privs (prctl(2)), filters gain no rights by running a set-uid program.
      execPath: 'setpriv',
      execArgv: ['--no-new-privs', '--', process.execPath],
      env: workerEnv(),
    })
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', (status, signal) => resolve(signal ?? `status ${status}`))
    })
    this.#process.once('disconnect', () => {
      if (this.#state !== 'retiring') this.#state = 'lost'
    })
    this.#ready = this.#untilReported('ready')
    this.#open = this.#untilReported('open')
    this.#failed = new Promise((_, reject) => {
      this.#process.on('message', (message: FromWorker) => {
        this.#receive(message)
        if (message.is === 'failed') reject(new CandyError((message.code ?? 'CONFIG') as ErrorCode, message.text))
      })
      this.#process.once('error', reject)
      void this.#exited.then((how) => {
        const timeout = `the filters were not loaded within ${LOAD_TIMEOUT / 1000} s`
        reject(new CandyError('CONFIG', this.#timedOut ? timeout : `a worker ended with ${how}`))
      })
    })
    this.#failed.catch(() => {})
    this.#send({ is: 'start', assignment })
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  get state(): WorkerState {
    return this.#state
  }

  /** Sessions under way, by the last report. */
  get sessions(): number {
    return this.#sessions
  }

  /** 0 to 1, by the last report; see ActiveWorker in scaling.ts. */
  get utilization(): number {
    return this.#utilization
  }

  /** Bytes of messages that it holds in files, by the last report. */
  get spooled(): number {
    return this.#spooled
  }

  /** Milliseconds since its last report, by the awake clock: time for which the supervisor itself was stopped does not count. */
  get silence(): number {
    return this.#clock.now - this.#lastReport
  }

  /** Resolves with the exit status or the signal when the process has exited. */
  get exited(): Promise<string> {
    return this.#exited
  }

  /** Resolves when the worker has loaded everything and stands by. Throws when it cannot start; then it ends. */
  async ready(): Promise<void> {
    const timer = setTimeout(() => {
      this.#timedOut = true
      this.kill()
    }, LOAD_TIMEOUT)
    await Promise.race([this.#ready, this.#failed]).finally(() => clearTimeout(timer))
  }

  /** Tells the worker to take mail; resolves when it does. Throws when it cannot; then it ends. */
  async open(): Promise<void> {
    this.#state = 'active'
    this.#send({ is: 'open' })
    await Promise.race([this.#open, this.#failed])
  }

  /** Has the worker ask its filters whether they could work now. Throws when it ends before, or takes longer than `CHECK_TIMEOUT`. */
  async check(): Promise<readonly FilterHealth[]> {
    let receive = (_: FromWorker): void => {}
    let timer: NodeJS.Timeout | undefined
    const checked = new Promise<readonly FilterHealth[]>((resolve, reject) => {
      receive = (message) => {
        if (message.is === 'checked') resolve(message.health)
      }
      timer = setTimeout(() => reject(new Error('the filters do not say how they are')), CHECK_TIMEOUT)
    })
    this.#process.on('message', receive)
    this.#send({ is: 'check' })
    try {
      return await Promise.race([checked, this.#failed])
    } finally {
      clearTimeout(timer)
      this.#process.off('message', receive)
    }
  }

  /** Tells the worker to finish its sessions and end. May be called again. */
  drain(idle: Idle): void {
    this.#state = 'retiring'
    this.#send({ is: 'drain', idle })
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  #receive(message: FromWorker): void {
    this.#lastReport = this.#clock.now
    if (message.is === 'alive') {
      this.#sessions = message.sessions
      this.#utilization = message.utilization
      this.#spooled = message.spooled
    } else if (message.is === 'ready' && this.#state === 'starting') this.#state = 'standby'
  }

  #untilReported(what: FromWorker['is']): Promise<void> {
    return new Promise((resolve) => {
      this.#process.on('message', (message: FromWorker) => {
        if (message.is === what) resolve()
      })
    })
  }

  #send(message: ToWorker): void {
    if (this.#process.connected) this.#process.send(message)
  }
}

/** The supervisor's environment without the variables by which systemd addresses the supervisor alone. */
function workerEnv(): NodeJS.ProcessEnv {
  const {
    NOTIFY_SOCKET: _,
    WATCHDOG_USEC: __,
    WATCHDOG_PID: ___,
    LISTEN_FDS: ____,
    LISTEN_PID: _____,
    LISTEN_FDNAMES: ______,
    ...env
  } = process.env
  return env
}
