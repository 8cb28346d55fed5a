import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type ClockReading,
  type ClockStamp,
  judgeClock,
  lookAtClock,
  readClock,
  readStamp,
} from '../../src/service/expiry-clock.js'
import { scratch } from '../support.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.parse('2026-11-01T00:00:00Z')

/** The clock after so many milliseconds, where it has moved by `moved` beside that. */
function after(milliseconds: number, moved = 0, boot = 'first'): ClockReading {
  return { time: START + milliseconds + moved, uptime: milliseconds, boot }
}

/** Whether the clock is believed at each of these looks. */
function believedAt(...readings: readonly ClockReading[]): readonly boolean[] {
  let stamp: ClockStamp | undefined = { believed: START }
  return readings.map((reading) => {
    stamp = judgeClock(stamp, reading).stamp
    return stamp.doubted === undefined
  })
}

test('a clock that goes on is believed, also after a night without a look', () => {
  expect(believedAt(after(HOUR), after(2 * HOUR), after(2 * HOUR + DAY, 0, 'second'))).toEqual([true, true, true])
})

test('a clock that jumps weeks ahead is not believed before it has gone on for a day', () => {
  const jump = 30 * DAY
  const looks = [1, 2, 13, 24, 25, 26].map((hours) => after(hours * HOUR, jump))
  expect(believedAt(...looks)).toEqual([false, false, false, false, true, true])
})

test('a clock that is set right again is believed at once', () => {
  expect(believedAt(after(HOUR, 30 * DAY), after(2 * HOUR), after(3 * HOUR))).toEqual([false, true, true])
})

test('another jump, or another start of the machine, begins the day anew', () => {
  const again = [
    after(HOUR, 30 * DAY),
    after(20 * HOUR, 90 * DAY),
    after(30 * HOUR, 90 * DAY),
    after(44 * HOUR, 90 * DAY),
  ]
  expect(believedAt(...again)).toEqual([false, false, false, true])
  const rebooted = [after(HOUR, 30 * DAY), after(26 * HOUR, 30 * DAY, 'second'), after(50 * HOUR, 30 * DAY, 'second')]
  expect(believedAt(...rebooted)).toEqual([false, false, true])
})

test('a machine that was off for weeks expires a day later, and one whose clock goes back does, too', () => {
  const off = (milliseconds: number): ClockReading => ({
    time: START + 40 * DAY + milliseconds,
    uptime: milliseconds,
    boot: 'b',
  })
  expect(believedAt(off(0), off(HOUR), off(DAY))).toEqual([false, false, true])
  expect(believedAt(after(HOUR, -30 * DAY), after(2 * HOUR, -30 * DAY), after(26 * HOUR, -30 * DAY))).toEqual([
    false,
    false,
    true,
  ])
})

test('a jump is new once', () => {
  const first = judgeClock({ believed: START }, after(HOUR, 30 * DAY))
  expect(first.isNew).toBe(true)
  expect(judgeClock(first.stamp, after(2 * HOUR, 30 * DAY)).isNew).toBe(false)
})

test('what was seen is kept in a file, which may be missing, damaged or not writable', () => {
  const path = join(scratch(), 'clock.json')
  expect(lookAtClock(path, after(0)).stamp).toEqual({ believed: START })
  const { stamp } = lookAtClock(path, after(HOUR, 30 * DAY))
  expect(readStamp(path)).toEqual(stamp)
  expect(stamp.doubted).toEqual(after(HOUR, 30 * DAY))
  expect(JSON.parse(readFileSync(path, 'utf8')).version).toBe(1)
  writeFileSync(path, '{')
  expect(readStamp(path)).toBeUndefined()
  chmodSync(path, 0o600)
  const nowhere = '/nowhere/clock.json'
  expect(lookAtClock(nowhere, after(0)).stamp).toEqual({ believed: START })
  expect(existsSync(nowhere)).toBe(false)
})

test('the clocks of this machine are read', () => {
  const first = readClock()
  const second = readClock()
  expect(second.uptime).toBeGreaterThanOrEqual(first.uptime)
  expect([second.boot, Math.abs(second.time - Date.now()) < 60_000]).toEqual([first.boot, true])
})
