/**
 * Tells systemd how the service is (sd_notify(3)), by way of systemd-notify(1): Node.js cannot write to a datagram
 * socket. The unit needs `NotifyAccess=all`, since it is a child that speaks. Without systemd it does nothing.
 *
 * systemd looks up which unit a message is from when it reads it, and drops what a process said that is gone by then. So that
 * process waits until systemd has read (sd_notify_barrier(3)), and a READY that was not heard is said once more.
 */
import { execFile } from 'node:child_process'
import type { Log } from '../log/log.js'

export interface Notifier {
  /** `READY=1`, `STATUS=…`, `WATCHDOG=1`: assignments of sd_notify(3). In the order of the calls; returns at once. */
  notify(...assignments: readonly string[]): void
  /** Milliseconds between two signs of life for the watchdog, half of what it allows; undefined without a watchdog. */
  readonly beat: number | undefined
}

/** `log` gives the log that is in use at that moment. */
export function openNotifier(env: NodeJS.ProcessEnv, log: () => Log): Notifier {
  if (env.NOTIFY_SOCKET === undefined) return { notify: () => {}, beat: undefined }
  let last: Promise<void> = Promise.resolve()
  let unheard: readonly string[] = []
  const say = (assignments: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      const all = [...unheard, ...assignments]
      execFile('systemd-notify', [`--pid=${process.pid}`, ...all], { env }, (error) => {
        if (error !== null) log().write('warn', 'systemd was not told', { error: error.message })
        unheard = error === null ? [] : all.filter((one) => one === 'READY=1')
        resolve()
      })
    })
  return {
    notify: (...assignments) => {
      last = last.then(() => say(assignments))
    },
    beat: watchdogBeat(env),
  }
}

/** sd_watchdog_enabled(3): microseconds, meant for one process where WATCHDOG_PID says so. */
function watchdogBeat({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number | undefined {
  if (WATCHDOG_USEC === undefined || (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid))
    return undefined
  const allowed = Number(WATCHDOG_USEC) / 1000
  return allowed > 0 ? allowed / 2 : undefined
}
