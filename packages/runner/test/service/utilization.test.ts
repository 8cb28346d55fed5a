import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { measureUtilization } from '../../src/service/utilization.js'

/** On a busy machine a process may wait for the processor all the time, so one measurement may show nothing. */
const ATTEMPTS = { interval: 0, timeout: 30_000 }

test('the utilization of a process that waits is low', async () => {
  const utilization = measureUtilization()
  await expect.poll(() => sleep(300).then(utilization), ATTEMPTS).toBeLessThan(0.6)
})

test('the utilization of a process that does one long piece of work is high', async () => {
  const utilization = measureUtilization()
  const measure = async (): Promise<number> => {
    await sleep(0)
    utilization()
    for (const end = performance.now() + 300; performance.now() < end; );
    await sleep(0)
    return utilization()
  }
  await expect.poll(measure, ATTEMPTS).toBeGreaterThan(0.6)
})
