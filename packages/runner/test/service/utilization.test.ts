import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { measureUtilization } from '../../src/service/utilization.js'

test('who waits uses little, and who keeps the event loop all', async () => {
  const utilization = measureUtilization()
  await sleep(300)
  expect(utilization()).toBeLessThan(0.6)
  await sleep(0)
  utilization()
  for (const end = performance.now() + 300; performance.now() < end; );
  await sleep(0)
  expect(utilization()).toBeGreaterThan(0.6)
})
