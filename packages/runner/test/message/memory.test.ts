import { expect, onTestFinished, test } from 'vitest'
import { BLOCK, MessageMemory } from '../../src/message/memory.js'

/** Each test has its messages in a directory of its own. */
function memory(limit: number, directory: string = expect.getState().currentTestName ?? ''): MessageMemory {
  const one = new MessageMemory(directory, limit)
  onTestFinished(() => one.free())
  return one
}

/** Takes blocks until there are no more, and returns how many there were. */
function takeAll(one: MessageMemory): number {
  let count = 0
  while (one.take(BLOCK) !== undefined) count++
  return count
}

test('a message has as much as it leaves free, and a part of the rest each that comes after it', () => {
  const limit = 24 * BLOCK
  const messages = [memory(limit), memory(limit), memory(limit)]
  expect(messages.map(takeAll)).toEqual([12, 6, 3])
  messages[0]?.free()
  expect(takeAll(memory(limit))).toBe(7)
  expect(takeAll(memory(limit, 'elsewhere'))).toBe(12)
})

test('the first block is every message’s, also when there is no memory left', () => {
  const limit = 2 * BLOCK
  for (const one of Array.from({ length: 5 }, () => memory(limit))) expect(takeAll(one)).toBe(1)
})

test('nobody gets more than all may have', () => {
  const one = memory(10_000)
  expect(one.take(BLOCK)).toBeUndefined()
  expect(one.take(8000)?.length).toBe(8000)
  expect(one.take(4000)).toBeUndefined()
  expect(memory(0).take(1)).toBeUndefined()
})

test('blocks are used again once they are given back', () => {
  const one = memory(64 * BLOCK)
  const blocks = [one.take(BLOCK), one.take(BLOCK)]
  expect(one.blocks).toEqual(blocks)
  one.free()
  one.free()
  expect(one.blocks).toEqual([])
  const other = memory(64 * BLOCK)
  const again = [other.take(BLOCK), other.take(BLOCK)]
  for (const block of blocks) expect(again.some((one) => one === block)).toBe(true)
})

test('all that messages may have together is kept, however many blocks that are', () => {
  const limit = 400 * BLOCK
  const one = memory(limit)
  expect(takeAll(one)).toBe(200)
  const blocks = new Set(one.blocks)
  one.free()
  const other = memory(limit)
  expect(takeAll(other)).toBe(200)
  expect(other.blocks.filter((block) => !blocks.has(block))).toEqual([])
})
