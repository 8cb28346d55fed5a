/**
 * Tells systemd the state of the service (sd_notify(3)). It runs systemd-notify(1), since Node.js cannot write to a UNIX datagram
 * socket. The unit needs `NotifyAccess=all`, since the message comes from a child process. Without systemd it does nothing.
 *
 * systemd looks up the unit of a message when it reads the message, and drops one whose sender has exited by then. So systemd-notify
 * waits until systemd has read the message (sd_notify_barrier(3)), and a READY that could not be sent is sent again.
 */
import { execFile } from 'node:child_process'
import type { Log } from '../log/log.js'

export interface Notifier {
  /** Sends assignments of sd_notify(3): `READY=1`, `STATUS=…`, `WATCHDOG=1`. Returns at once; messages are sent in the order of the calls. */
  notify(...assignments: readonly string[]): void
  /** How often the watchdog wants `WATCHDOG=1`: half of the milliseconds that it allows; undefined without a watchdog. */
  readonly watchdogInterval: number | undefined
}

/** `log` returns the log that is in use when it is called: a reload may have replaced an earlier one. */
export function openNotifier(env: NodeJS.ProcessEnv, log: () => Log): Notifier {
  if (env.NOTIFY_SOCKET === undefined) return { notify: () => {}, watchdogInterval: undefined }
  let last: Promise<void> = Promise.resolve()
  let unsent: readonly string[] = []
  let failed = false
  const send = (assignments: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      const all = [...unsent, ...assignments]
      execFile('systemd-notify', [`--pid=${process.pid}`, ...all], { env }, (error) => {
        // Where nobody listens, as in a container that has inherited the variable, once is enough.
        if (error !== null && !failed) log().write('warn', 'systemd was not told', { error: error.message })
        failed = error !== null
        unsent = error === null ? [] : all.filter((one) => one === 'READY=1')
        resolve()
      })
    })
  return {
    notify: (...assignments) => {
      last = last.then(() => send(assignments))
    },
    watchdogInterval: watchdogInterval(env),
  }
}

/** sd_watchdog_enabled(3): WATCHDOG_USEC is in microseconds, and for another process when WATCHDOG_PID names one. */
function watchdogInterval({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number | undefined {
  if (WATCHDOG_USEC === undefined || (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid))
    return undefined
  const allowed = Number(WATCHDOG_USEC) / 1000
  return allowed > 0 ? allowed / 2 : undefined
}
