/**
 * A clock that counts only the time for which this process was running. When a process was stopped (SIGSTOP, a frozen cgroup, a
 * suspended machine), every other clock, and its timers, count that time too, and do so before the process reads what its workers
 * sent in the meantime. By such a clock every worker would seem to hang.
 */

/** Milliseconds. When two ticks are as far apart as this, or further, the process was stopped between them, and the time does not count. */
const MAX_STEP = 1_000

export class AwakeClock {
  #now = 0
  #lastTick: number = performance.now()

  /** Milliseconds for which the process has been running, up to the last tick. */
  get now(): number {
    return this.#now
  }

  /** Adds the time since the last tick. The owner calls it twice a second. */
  tick(): void {
    const now = performance.now()
    if (now - this.#lastTick < MAX_STEP) this.#now += now - this.#lastTick
    this.#lastTick = now
  }
}
