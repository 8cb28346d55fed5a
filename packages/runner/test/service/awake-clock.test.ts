import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { AwakeClock } from '../../src/service/awake-clock.js'

test('the clock goes on with each tick', async () => {
  const clock = new AwakeClock()
  expect(clock.now).toBe(0)
  await sleep(50)
  clock.tick()
  expect(clock.now).toBeGreaterThan(40)
})

test('a long time between two ticks does not count as time awake', () => {
  const clock = new AwakeClock()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500)
  clock.tick()
  expect(clock.now).toBe(0)
})
