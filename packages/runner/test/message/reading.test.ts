import { expect, test } from 'vitest'
import { reading } from '../../src/message/reading.js'
import { chunks, text } from '../support.js'

const forever = new AbortController().signal

test('yields what the source yields', async () => {
  expect(await text(reading(chunks('a', 'b'), forever))).toBe('ab')
})

test('a chunk that is no Uint8Array fails with CONTENT, and the source is ended', async () => {
  let ended = false
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield 'text' as unknown as Uint8Array
    } finally {
      ended = true
    }
  }
  await expect(text(reading(source(), forever))).rejects.toMatchObject({ code: 'CONTENT' })
  expect(ended).toBe(true)
})

test('an abort ends the reading at once, also when the source is stuck', async () => {
  const stuck = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
  const controller = new AbortController()
  const read = text(reading(stuck, controller.signal))
  controller.abort(new Error('enough'))
  await expect(read).rejects.toThrow('enough')
})
