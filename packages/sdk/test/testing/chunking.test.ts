import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collect } from '../../src/index.js'
import { anyChunking } from '../../src/testing/index.js'

async function sizes(bytes: Uint8Array, chunks?: readonly number[]): Promise<number[]> {
  const found: number[] = []
  for await (const chunk of anyChunking(bytes, chunks)) found.push(chunk.length)
  return found
}

test('any chunks hold the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.array(fc.nat({ max: 20 }), { maxLength: 5 }), async (bytes, chunks) => {
      expect(await collect(anyChunking(bytes, chunks))).toEqual(bytes)
    }),
  )
})

test.each([
  [[], [10]],
  [[0], [10]],
  [[4], [4, 4, 2]],
  [
    [1, 0, 7],
    [1, 0, 7, 1, 0, 1],
  ],
  [[100], [10]],
])('sizes %j are taken in turn', async (chunks, expected) => {
  expect(await sizes(new Uint8Array(10), chunks)).toEqual(expected)
})

test('no bytes give no chunk', async () => {
  expect(await sizes(new Uint8Array())).toEqual([])
})
