/**
 * One generation of worker processes, all with the same configuration, of which as many take mail as the load needs. One
 * that dies is replaced, after a pause that grows while it keeps dying; so is one that gives no sign of life, since a filter
 * in an endless loop hears no signal but SIGKILL. The mail that such a worker had was not answered, and comes again.
 */
import type { Log } from '../log/log.js'
import { AwakeClock } from './awake.js'
import { type Change, judgeDuty } from './duty.js'
import { Member } from './member.js'
import type { Assignment } from './message.js'

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
  /** Milliseconds without a sign of life, while the supervisor was awake, after which a worker is killed. */
  readonly hang: number
  readonly log: Log
}

export class Crew {
  readonly #options: CrewOptions
  readonly #members = new Set<Member>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #clock = new AwakeClock()
  #pause: number = PAUSE.first
  #leaving = false
  #looking: NodeJS.Timeout | undefined
  /** What should change, and since when: milliseconds of `performance.now()`. */
  #wish: { readonly by: Change['by']; readonly since: number } = { by: 0, since: 0 }

  private constructor(options: CrewOptions) {
    this.#options = options
  }

  /** Starts a crew, and waits until all are ready and the first takes mail. Throws what kept one from it; then none is left. */
  static async start(options: CrewOptions): Promise<Crew> {
    const crew = new Crew(options)
    try {
      await Promise.all(Array.from({ length: options.count }, () => crew.#hire()))
      await crew.#at('standby')[0]?.open()
    } catch (error) {
      crew.#leaving = true
      for (const member of crew.#members) member.kill()
      throw error
    }
    crew.#look()
    return crew
  }

  /** Sessions under way, as far as is known. */
  get sessions(): number {
    return [...this.#members].reduce((sum, { sessions }) => sum + sessions, 0)
  }

  /** Workers that take mail or stand by. */
  get size(): number {
    return this.#at('duty').length + this.#at('standby').length
  }

  /** Lets every worker finish what it has, and waits until all are gone; one that hangs is killed as ever. May be called again. */
  async leave(): Promise<void> {
    this.#leaving = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const member of this.#members) member.drain()
    const kill = setTimeout(() => this.#killAll('did not finish in time'), DRAIN)
    await Promise.all(Array.from(this.#members, ({ gone }) => gone))
    clearTimeout(kill)
    clearInterval(this.#looking)
  }

  #at(post: Member['post']): readonly Member[] {
    return [...this.#members].filter((member) => member.post === post)
  }

  async #hire(): Promise<void> {
    const member = new Member(this.#options.assignment, this.#options.descriptors, this.#clock)
    this.#members.add(member)
    const ready = member.ready()
    void member.gone.then((how) => {
      this.#members.delete(member)
      void ready.then(
        () => this.#miss(member, how),
        () => {},
      )
    })
    await ready
  }

  /** Has one that stands by take mail, where there is one. */
  #call(): void {
    const [member] = this.#at('standby')
    if (member === undefined) return
    const { pid } = member
    const { log } = this.#options
    log.write('info', 'one more worker takes mail', { pid })
    member.open().catch((error: Error) => {
      log.write('error', 'a worker cannot take mail', { pid, error: error.message })
    })
  }

  /** A worker that was ready is gone. */
  #miss(member: Member, how: string): void {
    if (this.#leaving || member.post === 'leaving') return
    this.#options.log.write('error', 'a worker died', { pid: member.pid, how, sessions: member.sessions })
    if (performance.now() - member.born > WELL) this.#pause = PAUSE.first
    this.#watch()
    this.#replaceLater()
  }

  #replaceLater(): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#hire().then(
        () => this.#watch(),
        (error: Error) => {
          if (this.#leaving) return
          this.#options.log.write('error', 'a worker cannot start', { error: error.message })
          this.#replaceLater()
        },
      )
    }, this.#pause)
    this.#timers.add(timer)
    this.#pause = Math.min(this.#pause * 2, PAUSE.most)
  }

  #look(): void {
    this.#looking = setInterval(() => {
      this.#clock.tick()
      for (const member of this.#members) {
        if (member.silence < this.#options.hang) continue
        this.#options.log.write('error', 'a worker hangs', { pid: member.pid })
        member.kill()
      }
      this.#watch()
    }, LOOK)
  }

  /** Calls or dismisses a worker, where the load asks for it. */
  #watch(): void {
    if (this.#leaving) return
    const onDuty = this.#at('duty')
    const { by, after } = judgeDuty(onDuty)
    const now = performance.now()
    if (by !== this.#wish.by) this.#wish = { by, since: now }
    if (by === 0 || now - this.#wish.since < after) return
    this.#wish = { by: 0, since: now }
    if (by === 1) this.#call()
    else this.#dismiss(onDuty.at(-1))
  }

  /** A worker that has begun to take mail can stop, but not begin again: another one takes its place and stands by. */
  #dismiss(member: Member | undefined): void {
    if (member === undefined) return
    this.#options.log.write('info', 'one worker less takes mail', { pid: member.pid })
    member.drain()
    void this.#hire().catch(() => this.#replaceLater())
  }

  #killAll(why: string): void {
    for (const member of this.#members) {
      this.#options.log.write('warn', `a worker ${why}`, { pid: member.pid })
      member.kill()
    }
  }
}
