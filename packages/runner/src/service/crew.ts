/**
 * One generation of worker processes, all with the same configuration. One that dies is replaced, after a pause that
 * grows while it keeps dying; so is one that gives no sign of life, since a filter in an endless loop hears no signal but
 * SIGKILL. The mail that such a worker had was not answered, and comes again.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CandyError, type ErrorCode } from '@candy/sdk'
import type { Log } from '../log/log.js'
import type { Assignment, FromWorker, ToWorker } from './message.js'

const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url))

/** Milliseconds between two looks at the workers' signs of life. */
const LOOK = 500

/** Milliseconds before a dead worker is replaced: at first, and at most. */
const PAUSE = { first: 100, most: 5_000 } as const

/** Milliseconds that a worker lives before it counts as well. */
const WELL = 10_000

/** Milliseconds that workers have to drain; then their mail is given up, and comes again. */
const DRAIN = 30_000

export interface CrewOptions {
  readonly count: number
  readonly assignment: Assignment
  /** The bound sockets that workers inherit, one for each place of the assignment. */
  readonly descriptors: readonly number[]
  /** Milliseconds without a sign of life after which a worker is killed. */
  readonly hang: number
  readonly log: Log
}

interface Member {
  readonly process: ChildProcess
  readonly born: number
  ready: boolean
  heard: number
  sessions: number
}

export class Crew {
  readonly #options: CrewOptions
  readonly #members = new Set<Member>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #pause: number = PAUSE.first
  #leaving = false

  private constructor(options: CrewOptions) {
    this.#options = options
  }

  /** Starts a crew, and waits until each of it takes mail. Throws what kept the first from it; then none is left. */
  static async start(options: CrewOptions): Promise<Crew> {
    const crew = new Crew(options)
    const started = await Promise.allSettled(Array.from({ length: options.count }, () => crew.#hire()))
    const failed = started.find((one) => one.status === 'rejected')
    if (failed !== undefined) {
      crew.#leaving = true
      for (const { process } of crew.#members) process.kill('SIGKILL')
      throw failed.reason
    }
    crew.#look()
    return crew
  }

  /** Sessions under way, as far as is known. */
  get sessions(): number {
    return [...this.#members].reduce((sum, { sessions }) => sum + sessions, 0)
  }

  get size(): number {
    return [...this.#members].filter(({ ready }) => ready).length
  }

  /** Lets every worker finish what it has, and waits until all are gone. May be called again. */
  async leave(): Promise<void> {
    this.#leaving = true
    for (const timer of this.#timers) clearTimeout(timer)
    const gone = [...this.#members].map(({ process }) => new Promise((resolve) => process.once('exit', resolve)))
    for (const { process } of this.#members) if (process.connected) process.send({ is: 'drain' } satisfies ToWorker)
    const kill = setTimeout(() => this.#killAll('did not finish in time'), DRAIN)
    await Promise.all(gone)
    clearTimeout(kill)
  }

  #hire(): Promise<void> {
    const { descriptors, assignment } = this.#options
    const child = fork(MAIN, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
      execArgv: [],
      env: workerEnv(),
    })
    const now = performance.now()
    const member: Member = { process: child, born: now, ready: false, heard: now, sessions: 0 }
    this.#members.add(member)
    child.send({ is: 'start', assignment } satisfies ToWorker)
    return new Promise((resolve, reject) => {
      child.on('message', (message: FromWorker) => {
        member.heard = performance.now()
        if (message.is === 'alive') member.sessions = message.sessions
        else if (message.is === 'failed') reject(new CandyError((message.code ?? 'CONFIG') as ErrorCode, message.text))
        else {
          member.ready = true
          resolve()
        }
      })
      child.on('error', reject)
      child.once('exit', (status, signal) => {
        reject(new CandyError('CONFIG', `a worker ended with ${signal ?? `status ${status}`} before it was ready`))
        this.#members.delete(member)
        if (member.ready) this.#miss(member, `${signal ?? `status ${status}`}`)
      })
    })
  }

  /** A worker that took mail is gone. */
  #miss(member: Member, how: string): void {
    if (this.#leaving) return
    this.#options.log.write('error', 'a worker died', { pid: member.process.pid ?? 0, how, sessions: member.sessions })
    if (performance.now() - member.born > WELL) this.#pause = PAUSE.first
    this.#replaceLater()
  }

  #replaceLater(): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#hire().catch((error: Error) => {
        if (this.#leaving) return
        this.#options.log.write('error', 'a worker cannot start', { error: error.message })
        this.#replaceLater()
      })
    }, this.#pause)
    this.#timers.add(timer)
    this.#pause = Math.min(this.#pause * 2, PAUSE.most)
  }

  #look(): void {
    const timer = setInterval(() => {
      const now = performance.now()
      for (const { process, heard } of this.#members) {
        if (now - heard < this.#options.hang) continue
        this.#options.log.write('error', 'a worker hangs', { pid: process.pid ?? 0 })
        process.kill('SIGKILL')
      }
    }, LOOK)
    this.#timers.add(timer)
  }

  #killAll(why: string): void {
    for (const { process } of this.#members) {
      this.#options.log.write('warn', `a worker ${why}`, { pid: process.pid ?? 0 })
      process.kill('SIGKILL')
    }
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
