/** How much of itself a worker uses: 0 to 1, since it was last asked. */
import { performance } from 'node:perf_hooks'

/** Part of the time that the event loop is busy, from which nothing else gets its turn: a filter waits without yielding. */
const BLOCKED = 0.95

/** Gives the part of one processor that this process has used, or 1 when its event loop was blocked for nearly all the time. */
export function measureUtilization(): () => number {
  let loop = performance.eventLoopUtilization()
  let used = process.cpuUsage()
  let asked = performance.now()
  return () => {
    const { utilization } = performance.eventLoopUtilization(loop)
    const { user, system } = process.cpuUsage(used)
    const part = (user + system) / 1000 / (performance.now() - asked)
    loop = performance.eventLoopUtilization()
    used = process.cpuUsage()
    asked = performance.now()
    return utilization > BLOCKED ? 1 : Math.min(1, part)
  }
}
