import { expect, test } from 'vitest'
import { Repeatable } from '../../src/service/repeatable.js'

/** An action that ends when the test says so. Its result is how often it has begun. */
function controlled(): { readonly action: Repeatable<number>; done(): Promise<void>; readonly begun: () => number } {
  let begun = 0
  let finish: (() => void) | undefined
  const action = new Repeatable(async () => {
    begun += 1
    const mine = begun
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return mine
  })
  const done = async (): Promise<void> => {
    finish?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { action, done, begun: () => begun }
}

test('all who ask while it runs get the result of one further run that begins afterwards', async () => {
  const { action, done, begun } = controlled()
  const first = action.request()
  const others = [action.request(), action.request(), action.request()]
  expect(begun()).toBe(1)
  await done()
  expect(await first).toBe(1)
  expect(begun()).toBe(2)
  await done()
  expect(await Promise.all(others)).toEqual([2, 2, 2])
  expect(begun()).toBe(2)
})

test('a failed run is reported to those who asked for it, and later runs go on', async () => {
  let count = 0
  const action = new Repeatable(async () => {
    count += 1
    if (count === 1) throw new Error('no')
    return count
  })
  const [first, second] = [action.request(), action.request()]
  await expect(first).rejects.toThrow('no')
  expect(await second).toBe(2)
})

test('after its end there is no other run, and the one under way is waited for', async () => {
  const { action, done } = controlled()
  const first = action.request()
  const next = action.request()
  const refused = expect(next).rejects.toThrow('the service is stopping')
  const end = action.end()
  await done()
  await end
  expect(await first).toBe(1)
  await refused
  await expect(action.request()).rejects.toThrow('the service is stopping')
})
