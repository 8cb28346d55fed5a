/**
 * Time for which the supervisor itself was awake. A process that was stopped (SIGSTOP, a frozen cgroup, a suspended machine)
 * finds hours gone by on every other clock, and in its timers, before it reads what its workers said meanwhile.
 */

/** Milliseconds between two ticks from which on the time is taken for sleep, and does not count. */
const STEP = 1_000

export class AwakeClock {
  #now = 0
  #last: number = performance.now()

  /** Milliseconds up to the last tick. */
  get now(): number {
    return this.#now
  }

  /** To be called twice a second. */
  tick(): void {
    const now = performance.now()
    if (now - this.#last < STEP) this.#now += now - this.#last
    this.#last = now
  }
}
