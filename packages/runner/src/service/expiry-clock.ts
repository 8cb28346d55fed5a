/**
 * Whether the clock of this machine is believed when messages are deleted because of their age (docs/decisions/0036). One that
 * jumps weeks ahead, after a restored snapshot or a reset of the hardware clock, would have everything deleted that a person should
 * look at. So a file keeps what the clock said when it was last looked at, and a clock that has moved by more than two days since then
 * is believed once it has gone on like that for a day, as the time since the machine was started tells.
 */
import { readFileSync } from 'node:fs'
import { writeAtomically } from './state-directory.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Milliseconds by which the clock may have moved between two looks. The service looks once an hour; cron(8) may do it once a day. */
const STEP = 2 * DAY

/** Milliseconds for which a clock that has moved further must go on. */
const PROBATION = DAY

/** Milliseconds by which it may be set meanwhile. */
const TOLERANCE = HOUR

/** What the clocks say at one moment. */
export interface ClockReading {
  /** Milliseconds since 1970. */
  readonly time: number
  /** Milliseconds since the machine was started. */
  readonly uptime: number
  /** Which start that was. */
  readonly boot: string
}

export interface ClockStamp {
  /** What the clock said when it was last believed: milliseconds since 1970. */
  readonly believed: number
  /** Since when it is not believed. */
  readonly doubted?: ClockReading
}

export interface ClockJudgement {
  readonly stamp: ClockStamp
  /** The clock has moved, and nobody has noticed it before. */
  readonly isNew: boolean
}

/** Whether the clock is believed is whether the stamp has no `doubted`. Without an earlier look there is nothing to hold against it. */
export function judgeClock(before: ClockStamp | undefined, now: ClockReading): ClockJudgement {
  const believed = { stamp: { believed: now.time }, isNew: false }
  if (before === undefined || Math.abs(now.time - before.believed) <= STEP) return believed
  const { doubted } = before
  if (doubted === undefined || !goesOn(doubted, now)) {
    return { stamp: { believed: before.believed, doubted: now }, isNew: true }
  }
  return now.uptime - doubted.uptime >= PROBATION ? believed : { stamp: before, isNew: false }
}

function goesOn(doubted: ClockReading, now: ClockReading): boolean {
  const moved = now.time - doubted.time - (now.uptime - doubted.uptime)
  return doubted.boot === now.boot && Math.abs(moved) <= TOLERANCE
}

/**
 * Looks at the clock, and writes down what it says. `path` is `ServiceFiles.clock`. A stamp that cannot be written is not: the disk
 * may be full, which is when messages have to be deleted.
 */
export function lookAtClock(path: string, now: ClockReading = readClock()): ClockJudgement {
  const judgement = judgeClock(readStamp(path), now)
  try {
    writeAtomically(path, `${JSON.stringify({ version: 1, ...judgement.stamp })}\n`, 0o600)
  } catch {
    // The stamp that is there is compared with the next time.
  }
  return judgement
}

export function readClock(): ClockReading {
  const read = (path: string): string => readFileSync(path, 'utf8').trim()
  const uptime = Number(read('/proc/uptime').split(' ')[0]) * 1_000
  return { time: Date.now(), uptime, boot: read('/proc/sys/kernel/random/boot_id') }
}

/** Undefined where nobody has looked before, or where the file cannot be read. */
export function readStamp(path: string): ClockStamp | undefined {
  try {
    const { believed, doubted } = JSON.parse(readFileSync(path, 'utf8')) as Partial<ClockStamp>
    if (!Number.isFinite(believed)) return undefined
    const { time, uptime, boot } = doubted ?? {}
    const isWhole = Number.isFinite(time) && Number.isFinite(uptime) && typeof boot === 'string'
    return {
      believed: Number(believed),
      ...(isWhole && { doubted: { time: Number(time), uptime: Number(uptime), boot } }),
    }
  } catch {
    return undefined
  }
}
