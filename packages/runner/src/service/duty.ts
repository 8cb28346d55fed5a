/**
 * How many workers take mail: as few as the load needs. Two that share a little mail cost half as much again as one, since
 * both are woken for each connection and neither finds its code in the processor's caches; the others stand by, ready.
 */

/** What is known of a worker that takes mail. */
export interface OnDuty {
  /** 0 to 1: the part of its time, or of its sessions, that is in use. */
  readonly load: number
  /** Milliseconds since it gave a sign of life; it should give one every second. */
  readonly silence: number
}

/** Whether one more worker should take mail, or one less, once that has been so for some milliseconds. */
export interface Change {
  readonly by: 1 | 0 | -1
  readonly after: number
}

/** Load from which another one is called, and the milliseconds for which it has to last. */
const BUSY = { load: 0.75, time: 3_000 } as const

/** Milliseconds after which a worker may be hanging. */
const SILENT = 2_000

/** Load for each but one, all in all, under which one is too many, and the milliseconds for which it has to last. */
const CALM = { load: 0.4, time: 60_000 } as const

export function judgeDuty(workers: readonly OnDuty[]): Change {
  const heard = workers.filter(({ silence }) => silence <= SILENT)
  if (heard.length === 0) return { by: 1, after: 0 }
  if (heard.every(({ load }) => load > BUSY.load)) return { by: 1, after: BUSY.time }
  const sum = workers.reduce((all, { load }) => all + load, 0)
  if (workers.length > 1 && sum < CALM.load * (workers.length - 1)) return { by: -1, after: CALM.time }
  return { by: 0, after: 0 }
}
