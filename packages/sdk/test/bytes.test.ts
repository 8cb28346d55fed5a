import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Bytes, collect, concat, fromString } from '../src/index.js'

/** A sequence that knows whether its reading was begun and ended. */
function watched(...chunks: readonly Uint8Array[]) {
  const seen = { begun: false, ended: false }
  async function* read(): Bytes {
    seen.begun = true
    try {
      yield* chunks
    } finally {
      seen.ended = true
    }
  }
  return { bytes: read(), seen }
}

test('collect returns the bytes of any chunks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array()), async (chunks) => {
      expect(await collect(watched(...chunks).bytes)).toEqual(new Uint8Array(Buffer.concat(chunks)))
    }),
  )
})

test('collect reads Node.js streams and web streams', async () => {
  const stream = Readable.from([Buffer.from('a'), Buffer.from('b')])
  expect(Buffer.from(await collect(stream)).toString()).toBe('ab')
  expect(Buffer.from(await collect(new Blob(['cd']).stream())).toString()).toBe('cd')
})

test('collect accepts as many bytes as its limit', async () => {
  expect(await collect(fromString('12345'), 5)).toHaveLength(5)
})

test('collect ends the sequence when there are more bytes than its limit', async () => {
  const { bytes, seen } = watched(new Uint8Array(3), new Uint8Array(3), new Uint8Array(3))
  await expect(collect(bytes, 5)).rejects.toThrow(new RangeError('more than 5 bytes'))
  expect(seen.ended).toBe(true)
})

test('collect refuses the chunks of a stream in text mode', async () => {
  const text = Readable.from([Buffer.from('a')]).setEncoding('utf8')
  await expect(collect(text)).rejects.toMatchObject({ code: 'CONTENT' })
  expect(text.destroyed).toBe(true)
})

test('fromString gives UTF-8', async () => {
  expect(await collect(fromString('é\r\n'))).toEqual(Uint8Array.of(0xc3, 0xa9, 13, 10))
})

test('concat gives its parts in order and opens none before its turn', async () => {
  const [first, second] = [watched(Uint8Array.of(1)), watched(Uint8Array.of(2))]
  const reading = concat(first.bytes, second.bytes)[Symbol.asyncIterator]()
  expect(await reading.next()).toEqual({ done: false, value: Uint8Array.of(1) })
  expect(second.seen.begun).toBe(false)
  expect(await reading.next()).toEqual({ done: false, value: Uint8Array.of(2) })
  expect(first.seen.ended).toBe(true)
})

test('concat ends the part being read when it is broken off', async () => {
  const [first, second] = [watched(Uint8Array.of(1), Uint8Array.of(2)), watched()]
  for await (const _ of concat(first.bytes, second.bytes)) break
  expect(first.seen.ended).toBe(true)
  expect(second.seen.begun).toBe(false)
})
