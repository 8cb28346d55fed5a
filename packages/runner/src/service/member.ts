/** A worker process as its crew sees it: what it has said of itself, and what it can be told. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CandyError, type ErrorCode } from '@candy/sdk'
import type { AwakeClock } from './awake.js'
import type { Assignment, FromWorker, ToWorker } from './message.js'

const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url))

/** Milliseconds that the code of the filters may take to load. */
const LOADING = 60_000

/** `standby`: ready, and takes no mail. `duty`: takes mail, or is about to. `leaving`: was told to end. `lost`: can be told nothing, and ends. */
export type Post = 'starting' | 'standby' | 'duty' | 'leaving' | 'lost'

export class Member {
  /** Milliseconds of `performance.now()`. */
  readonly born: number = performance.now()
  readonly #process: ChildProcess
  readonly #gone: Promise<string>
  readonly #ready: Promise<unknown>
  readonly #open: Promise<unknown>
  /** Only ever rejects: with what the worker cannot do, or its end. */
  readonly #failed: Promise<never>
  #post: Post = 'starting'
  /** Whether it was killed because it did not come to stand by. */
  #late = false
  readonly #clock: AwakeClock
  #heard: number
  #sessions = 0
  #load = 0

  /** Starts a process that inherits the descriptors: the bound sockets, one for each place of the assignment. */
  constructor(assignment: Assignment, descriptors: readonly number[], clock: AwakeClock) {
    this.#clock = clock
    this.#heard = clock.now
    this.#process = fork(MAIN, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
      // Filters gain no rights by a set-uid file, whoever started this (no_new_privs in prctl(2)).
      execPath: 'setpriv',
      execArgv: ['--no-new-privs', '--', process.execPath],
      env: workerEnv(),
    })
    this.#gone = new Promise((resolve) => {
      this.#process.once('exit', (status, signal) => resolve(signal ?? `status ${status}`))
    })
    this.#process.once('disconnect', () => {
      if (this.#post !== 'leaving') this.#post = 'lost'
    })
    this.#ready = this.#said('ready')
    this.#open = this.#said('open')
    this.#failed = new Promise((_, reject) => {
      this.#process.on('message', (message: FromWorker) => {
        this.#hear(message)
        if (message.is === 'failed') reject(new CandyError((message.code ?? 'CONFIG') as ErrorCode, message.text))
      })
      this.#process.once('error', reject)
      void this.#gone.then((how) => {
        const late = `the filters were not loaded within ${LOADING / 1000} s`
        reject(new CandyError('CONFIG', this.#late ? late : `a worker ended with ${how}`))
      })
    })
    this.#failed.catch(() => {})
    this.#tell({ is: 'start', assignment })
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  get post(): Post {
    return this.#post
  }

  /** Sessions under way, as far as is known. */
  get sessions(): number {
    return this.#sessions
  }

  /** 0 to 1; see duty.ts. */
  get load(): number {
    return this.#load
  }

  /** Milliseconds since the last sign of life, as the clock has it. */
  get silence(): number {
    return this.#clock.now - this.#heard
  }

  /** How the process ended, once it has. */
  get gone(): Promise<string> {
    return this.#gone
  }

  /** Waits until it has loaded all and stands by. Throws what kept it from that; then it ends. */
  async ready(): Promise<void> {
    const timer = setTimeout(() => {
      this.#late = true
      this.kill()
    }, LOADING)
    await Promise.race([this.#ready, this.#failed]).finally(() => clearTimeout(timer))
  }

  /** Has it take mail, and waits until it does. Throws what keeps it from that; then it ends. */
  async open(): Promise<void> {
    this.#post = 'duty'
    this.#tell({ is: 'open' })
    await Promise.race([this.#open, this.#failed])
  }

  /** Lets it finish what it has; then it ends. May be called again. */
  drain(): void {
    this.#post = 'leaving'
    this.#tell({ is: 'drain' })
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  #hear(message: FromWorker): void {
    this.#heard = this.#clock.now
    if (message.is === 'alive') {
      this.#sessions = message.sessions
      this.#load = message.load
    } else if (message.is === 'ready' && this.#post === 'starting') this.#post = 'standby'
  }

  #said(what: FromWorker['is']): Promise<void> {
    return new Promise((resolve) => {
      this.#process.on('message', (message: FromWorker) => {
        if (message.is === what) resolve()
      })
    })
  }

  #tell(message: ToWorker): void {
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
