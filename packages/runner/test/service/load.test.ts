import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { measureLoad } from '../../src/service/load.js'

test('who waits uses little, and who keeps the event loop all', async () => {
  const load = measureLoad()
  await sleep(300)
  expect(load()).toBeLessThan(0.6)
  await sleep(0)
  load()
  for (const end = performance.now() + 300; performance.now() < end; );
  await sleep(0)
  expect(load()).toBeGreaterThan(0.6)
})
