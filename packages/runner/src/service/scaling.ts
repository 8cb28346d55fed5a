/**
 * How many workers take mail: as few as can do the work. Two workers that share a little mail cost half as much again as one,
 * since both are woken for each connection and neither finds its code in the processor's caches. The others stand by, ready.
 */

/** What is known of a worker that takes mail. */
export interface ActiveWorker {
  /** 0 to 1: the share of its time, or of its sessions, that is in use. */
  readonly utilization: number
  /** Milliseconds since it gave a sign of life; it should give one every second. */
  readonly silence: number
}

/** Whether one more worker should take mail, or one fewer, once that has held for `after` milliseconds. */
export interface Change {
  readonly by: 1 | 0 | -1
  readonly after: number
}

/** Activate one more worker when all are above this utilization for so many milliseconds. */
const BUSY = { utilization: 0.75, time: 3_000 } as const

/** A worker that has given no sign of life for so many milliseconds may be hanging. */
const SILENT = 2_000

/** Retire a worker when the others would each stay below this utilization for so many milliseconds. */
const CALM = { utilization: 0.4, time: 60_000 } as const

export function scalingFor(workers: readonly ActiveWorker[]): Change {
  const heard = workers.filter(({ silence }) => silence <= SILENT)
  if (heard.length === 0) return { by: 1, after: 0 }
  if (heard.every(({ utilization }) => utilization > BUSY.utilization)) return { by: 1, after: BUSY.time }
  const sum = workers.reduce((all, { utilization }) => all + utilization, 0)
  if (workers.length > 1 && sum < CALM.utilization * (workers.length - 1)) return { by: -1, after: CALM.time }
  return { by: 0, after: 0 }
}
