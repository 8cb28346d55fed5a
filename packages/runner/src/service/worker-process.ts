/** A worker process, as the supervisor sees it: its state, its last report, and the messages that it is sent. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CandyError, type ErrorCode } from '@candy/sdk'
import type { AwakeClock } from './awake-clock.js'
import type { Assignment, FromWorker, ToWorker } from './worker-message.js'

const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url))

/** Milliseconds that the code of the filters may take to load. */
const LOADING = 60_000

/** `standby`: ready, and takes no mail. `active`: takes mail, or is about to. `retiring`: was told to end. `lost`: its channel is closed; it ends. */
export type WorkerState = 'starting' | 'standby' | 'active' | 'retiring' | 'lost'

export class WorkerProcess {
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number = performance.now()
  readonly #process: ChildProcess
  readonly #exited: Promise<string>
  readonly #ready: Promise<unknown>
  readonly #open: Promise<unknown>
  /** Only ever rejects: when the worker reports that it cannot start, and when it exits. */
  readonly #failed: Promise<never>
  #state: WorkerState = 'starting'
  /** Whether it was killed because loading took too long. */
  #late = false
  readonly #clock: AwakeClock
  #lastReport: number
  #sessions = 0
  #utilization = 0

  /** Starts a process that inherits the descriptors: the bound sockets, one for each endpoint of the assignment. */
  constructor(assignment: Assignment, descriptors: readonly number[], clock: AwakeClock) {
    this.#clock = clock
    this.#lastReport = clock.now
    this.#process = fork(MAIN, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
      // Filters gain no rights by a set-uid file, whoever started this (no_new_privs in prctl(2)).
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
    this.#ready = this.#reported('ready')
    this.#open = this.#reported('open')
    this.#failed = new Promise((_, reject) => {
      this.#process.on('message', (message: FromWorker) => {
        this.#receive(message)
        if (message.is === 'failed') reject(new CandyError((message.code ?? 'CONFIG') as ErrorCode, message.text))
      })
      this.#process.once('error', reject)
      void this.#exited.then((how) => {
        const late = `the filters were not loaded within ${LOADING / 1000} s`
        reject(new CandyError('CONFIG', this.#late ? late : `a worker ended with ${how}`))
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

  /** Sessions under way, as far as is known. */
  get sessions(): number {
    return this.#sessions
  }

  /** 0 to 1; see duty.ts. */
  get utilization(): number {
    return this.#utilization
  }

  /** Milliseconds since its last report, not counting the time for which the supervisor itself was suspended. */
  get silence(): number {
    return this.#clock.now - this.#lastReport
  }

  /** Resolves when the process has exited, with its status or signal. */
  get exited(): Promise<string> {
    return this.#exited
  }

  /** Resolves when it has loaded everything and stands by. Throws when it cannot; then it ends. */
  async ready(): Promise<void> {
    const timer = setTimeout(() => {
      this.#late = true
      this.kill()
    }, LOADING)
    await Promise.race([this.#ready, this.#failed]).finally(() => clearTimeout(timer))
  }

  /** Has it take mail; resolves when it does. Throws when it cannot; then it ends. */
  async open(): Promise<void> {
    this.#state = 'active'
    this.#send({ is: 'open' })
    await Promise.race([this.#open, this.#failed])
  }

  /** Has it finish its sessions and end. May be called again. */
  drain(): void {
    this.#state = 'retiring'
    this.#send({ is: 'drain' })
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  #receive(message: FromWorker): void {
    this.#lastReport = this.#clock.now
    if (message.is === 'alive') {
      this.#sessions = message.sessions
      this.#utilization = message.utilization
    } else if (message.is === 'ready' && this.#state === 'starting') this.#state = 'standby'
  }

  #reported(what: FromWorker['is']): Promise<void> {
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

/** What systemd told the supervisor is not for workers. */
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
