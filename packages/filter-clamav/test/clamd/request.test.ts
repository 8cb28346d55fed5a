import { Readable } from 'node:stream'
import { anyChunking } from '@candy/sdk/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Batch, command, instream } from '../../src/clamd/request.js'
import { readRequest } from '../fake.js'

async function gather(request: AsyncIterable<Batch>): Promise<{ bytes: Buffer; batches: Batch[] }> {
  const batches: Batch[] = []
  for await (const batch of request) batches.push(batch)
  return { bytes: Buffer.concat(batches.flatMap(({ parts }) => parts)), batches }
}

test('a command is its name between z and NUL', async () => {
  expect((await gather(command('PING'))).bytes.toString('latin1')).toBe('zPING\0')
  expect((await gather(command('VERSION'))).bytes.toString('latin1')).toBe('zVERSION\0')
})

test('a small message is one batch: command, length, data, and a length of zero', async () => {
  const { bytes, batches } = await gather(instream(anyChunking(Buffer.from('abc'), [1])))
  expect(bytes.toString('latin1')).toBe('zINSTREAM\0\0\0\0\x03abc\0\0\0\0')
  expect(batches.map(({ last }) => last)).toEqual([true])
})

test('an empty message and empty chunks end the stream once, at the end', async () => {
  expect((await gather(instream(anyChunking(new Uint8Array())))).bytes.toString('latin1')).toBe('zINSTREAM\0\0\0\0\0')
  const { bytes } = await gather(instream(anyChunking(Buffer.from('ab'), [0, 1, 0])))
  expect(bytes.toString('latin1')).toBe('zINSTREAM\0\0\0\0\x02ab\0\0\0\0')
})

test('a chunk of any size is cut into frames of at most 384 KiB that are written one after another', async () => {
  const { bytes, batches } = await gather(instream(anyChunking(Buffer.alloc(1_000_000, 7))))
  expect(batches.length).toBeGreaterThan(2)
  for (const frame of readRequest(bytes)?.frames ?? []) expect(frame.length).toBeLessThanOrEqual(384 * 1_024)
})

test('the batches share the memory of the message', async () => {
  const chunks = [4096, 65_536, 1000].map((size) => new Uint8Array(size))
  const { batches } = await gather(instream(Readable.from(chunks)))
  const data = batches.flatMap(({ parts }) => parts).filter((part) => part.length > 100)
  expect(data.map(({ buffer }) => chunks.findIndex((chunk) => chunk.buffer === buffer))).toEqual([0, 1, 2])
})

test('a chunk that is not bytes is refused', async () => {
  const text = (async function* () {
    yield 'text' as unknown as Uint8Array
  })()
  await expect(gather(instream(text))).rejects.toThrow(TypeError)
})

test('any chunking carries the same bytes, and only the last batch is the last', async () => {
  const length = fc.oneof(fc.nat({ max: 5_000 }), fc.nat({ max: 400_000 }))
  const sizes = fc.array(fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: 200_000 })), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(length, sizes, async (size, chunks) => {
      fc.pre(size <= 5_000 || chunks.some((chunk) => chunk > 1_000))
      const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) % 251)
      const request = await gather(instream(anyChunking(bytes, chunks)))
      const stream = readRequest(request.bytes)
      expect(stream?.command).toBe('zINSTREAM')
      expect(Buffer.concat(stream?.frames ?? []).equals(bytes)).toBe(true)
      expect(request.batches.findIndex(({ last }) => last)).toBe(request.batches.length - 1)
    }),
    { numRuns: 60 },
  )
})
