import { readdirSync } from 'node:fs'
import type { Bytes } from '@candy/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lend } from '../../src/message/content.js'
import { spooledBytes } from '../../src/message/nameless-file.js'
import { receive, type Spool } from '../../src/message/spool.js'
import { chunks, scratch, text } from '../support.js'

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(200_000)
  throw new Error('the client went away')
}

test('gives back the bytes it was given, from any offset, in memory and from a file', async () => {
  const directory = scratch()
  const part = fc.uint8Array({ maxLength: 70_000, size: 'max' })
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 5 }),
      fc.constantFrom(0, 1000, 150_000, 1e9),
      fc.nat(),
      async (parts, memory, n) => {
        const spool = await receive(chunks(...parts), { directory, memory })
        const whole = Buffer.concat(parts).toString('latin1')
        const from = n % (whole.length + 1)
        expect(spool.size).toBe(whole.length)
        expect(await text(spool.open())).toBe(whole)
        expect(await text(spool.open(from))).toBe(whole.slice(from))
        expect(await text(lend(spool, from))).toBe(whole.slice(from))
        await spool.close()
      },
    ),
    { numRuns: 60 },
  )
})

test('can be read many times at once', async () => {
  for (const memory of [0, 1e9]) {
    const spool = await receive(chunks('a'.repeat(300_000)), { directory: scratch(), memory })
    const readings = await Promise.all([1, 2, 3, 4].map(() => text(spool.open())))
    expect(new Set(readings).size).toBe(1)
    await spool.close()
  }
})

test('what is lent is the memory of the message itself', async () => {
  const spool = await receive(chunks('x'.repeat(200_000)), { directory: scratch(), memory: 1e9 })
  const memories = async (bytes: Bytes): Promise<readonly ArrayBufferLike[]> => {
    const all: ArrayBufferLike[] = []
    for await (const chunk of bytes) all.push(chunk.buffer)
    return all
  }
  const lent = await memories(lend(spool))
  expect(await memories(lend(spool))).toEqual(lent)
  for (const memory of await memories(spool.open())) expect(lent).not.toContain(memory)
  await spool.close()
})

test('a message that is closed while it is read is not read on', async () => {
  for (const memory of [0, 1e9]) {
    for (const read of [lend, (spool: Spool) => spool.open()]) {
      const spool = await receive(chunks('x'.repeat(600_000)), { directory: scratch(), memory })
      const reading = read(spool)[Symbol.asyncIterator]()
      await reading.next()
      await spool.close()
      await expect(reading.next()).rejects.toMatchObject({ code: 'SPOOL' })
    }
  }
})

test('the beginning of a message is in memory and the rest in a file where there is no room for all of it', async () => {
  const options = { directory: scratch(), memory: 1_000_000 }
  const before = spooledBytes()
  const spools = await Promise.all([1, 2, 3].map(() => receive(chunks('x'.repeat(700_000)), options)))
  const inFiles = spooledBytes() - before
  expect(inFiles).toBeGreaterThanOrEqual(3 * 700_000 - options.memory)
  expect(inFiles).toBeLessThan(3 * 700_000 - options.memory / 2)
  for (const spool of spools) expect(await text(spool.open())).toBe('x'.repeat(700_000))
  for (const spool of spools) await spool.close()
  const small = await receive(chunks('x'.repeat(60_000)), options)
  expect(spooledBytes()).toBe(before)
  await small.close()
})

test('a large message has a file without a name, and a small one has none', async () => {
  const directory = scratch()
  const spool = await receive(chunks('x'.repeat(200_000)), { directory, memory: 1000 })
  expect(readdirSync(directory)).toEqual([])
  const files = readdirSync('/proc/self/fd').length
  await spool.close()
  await spool.close()
  expect(readdirSync('/proc/self/fd').length).toBe(files - 1)
})

test('what a reader does to its chunk does not reach the message', async () => {
  for (const memory of [0, 1e9]) {
    const spool = await receive(chunks('hello'), { directory: scratch(), memory })
    for await (const chunk of spool.open()) chunk.fill(0)
    expect(await text(spool.open())).toBe('hello')
    await spool.close()
  }
})

test('a source that fails leaves no file open', async () => {
  const directory = scratch()
  const files = readdirSync('/proc/self/fd').length
  await expect(receive(failing(), { directory, memory: 10 })).rejects.toThrow('the client went away')
  expect(readdirSync('/proc/self/fd').length).toBe(files)
})

test('a directory that does not exist and a closed message fail with SPOOL', async () => {
  const absent = receive(chunks('x'.repeat(200_000)), { directory: '/nowhere', memory: 10 })
  await expect(absent).rejects.toMatchObject({ code: 'SPOOL' })
  const spool = await receive(chunks('hello'), { directory: scratch(), memory: 10 })
  await spool.close()
  await expect(text(spool.open())).rejects.toMatchObject({ code: 'SPOOL' })
})

test.each([
  ['a field, a folded field, an empty line', 'A: 1\r\nB: 2\r\n 3\r\n\r\nbody', 'A: 1\r\nB: 2\r\n 3\r\n'],
  ['no body at all', 'A: 1\r\n', 'A: 1\r\n'],
  ['no header at all', '\r\nA: 1\r\n', ''],
  ['a first line that is no field', 'hello\r\nA: 1\r\n\r\n', ''],
  ['nothing', '', ''],
])('the header block of %s', async (_, message, block) => {
  for (const size of [1, 3, 1000]) {
    const parts = message.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
    const spool = await receive(chunks(...parts), { directory: scratch(), memory: 1e9 })
    expect(Buffer.from(await spool.headers()).toString()).toBe(block)
    await spool.close()
  }
})
