/** How busy a worker process is: 0 to 1. */
import { performance } from 'node:perf_hooks'

/** The share of the time from which on a busy event loop counts as blocked: some filter computes or waits without yielding. */
const BLOCKED = 0.95

/**
 * Returns a function that measures the time since its last call. Its result is the share of one processor that this process has
 * used, or 1 when the event loop was blocked for nearly all of that time.
 */
export function measureUtilization(): () => number {
  let loop = performance.eventLoopUtilization()
  let usage = process.cpuUsage()
  let measuredAt = performance.now()
  return () => {
    const { utilization } = performance.eventLoopUtilization(loop)
    const { user, system } = process.cpuUsage(usage)
    const share = (user + system) / 1000 / (performance.now() - measuredAt)
    loop = performance.eventLoopUtilization()
    usage = process.cpuUsage()
    measuredAt = performance.now()
    return utilization > BLOCKED ? 1 : Math.min(1, share)
  }
}
