/**
 * Decides how many workers take mail: as few as can do the work. When there is little mail, two workers together use one and a half
 * times the processor time of one, since the kernel wakes both for each connection, and neither finds its code in the processor's
 * caches. The other workers have loaded everything, and wait until they are needed.
 */

/** What a worker that takes mail has reported. */
export interface ActiveWorker {
  /** 0 to 1: the share of its time, or of its sessions, that is in use, whichever is larger. */
  readonly utilization: number
  /** Milliseconds since its last report; a worker reports every second. */
  readonly silence: number
}

/** The change that is needed: one more worker, none, or one fewer; to be made once it has been needed for `after` milliseconds. */
export interface Change {
  readonly by: 1 | 0 | -1
  readonly after: number
}

/** Activate one more worker when all are above this utilization for so many milliseconds. */
const BUSY = { utilization: 0.75, time: 3_000 } as const

/** A worker that has not reported for so many milliseconds may be hanging. */
const SILENCE_LIMIT = 2_000

/** Retire a worker when the others would each stay below this utilization for so many milliseconds. */
const CALM = { utilization: 0.4, time: 60_000 } as const

/**
 * Says which change these workers need. When none of them responds, another one must take mail at once. `retiring` is how many more
 * finish their sessions and then end. In mode milter that lasts for as long as a client stays connected, so none is retired meanwhile:
 * workers with one such client each would become more and more.
 */
export function scalingFor(workers: readonly ActiveWorker[], retiring: number): Change {
  const responsive = workers.filter(({ silence }) => silence <= SILENCE_LIMIT)
  if (responsive.length === 0) return { by: 1, after: 0 }
  if (responsive.every(({ utilization }) => utilization > BUSY.utilization)) return { by: 1, after: BUSY.time }
  const sum = workers.reduce((all, { utilization }) => all + utilization, 0)
  const isCalm = workers.length > 1 && sum < CALM.utilization * (workers.length - 1)
  return isCalm && retiring === 0 ? { by: -1, after: CALM.time } : { by: 0, after: 0 }
}
