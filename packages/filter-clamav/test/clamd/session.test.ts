import { setTimeout as sleep } from 'node:timers/promises'
import { anyChunking } from '@candy/sdk/testing'
import { describe, expect, test, vi } from 'vitest'
import { createClamdClient } from '../../src/clamd/client.js'
import { type Fake, startFake } from '../fake.js'

const MIB = 1_024 * 1_024

/** A message that counts the bytes that were read and knows whether the reading was ended. */
function countedBytes(total: number): { bytes: AsyncGenerator<Uint8Array, void, void>; taken: number; ended: boolean } {
  const count = { taken: 0, ended: false, bytes: generate() }
  async function* generate(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (; count.taken < total; count.taken += 16_384) yield new Uint8Array(16_384)
    } finally {
      count.ended = true
    }
  }
  return count
}

function scan(fake: Fake, bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<unknown> {
  return createClamdClient({ addresses: [fake.address] })
    .scan(() => bytes, signal)
    .catch((error: unknown) => error)
}

describe.each(['unix', 'tcp'] as const)('over %s', (kind) => {
  test('a clamd that does not read is sent no more of the message, and the rest is not read into memory', async () => {
    await using fake = await startFake((socket) => socket.pause(), kind)
    const message = countedBytes(200 * MIB)
    const abort = new AbortController()
    const result = scan(fake, message.bytes, abort.signal)
    let before = -1
    while (message.taken !== before) {
      before = message.taken
      await sleep(100)
    }
    expect(message.taken).toBeGreaterThan(0)
    expect(message.taken).toBeLessThan(16 * MIB)
    abort.abort(new Error('enough'))
    expect(await result).toMatchObject({ message: 'enough' })
    await expect.poll(() => message.ended).toBe(true)
    fake.resume()
    await expect.poll(() => fake.open()).toBe(0)
  })

  test('a reply that comes while we write is read, and the writing ends', async () => {
    await using fake = await startFake((socket) => {
      socket.once('data', () => socket.write('1: INSTREAM size limit exceeded. ERROR\0'))
    }, kind)
    const message = countedBytes(2_000 * MIB)
    expect(await scan(fake, message.bytes)).toMatchObject({ kind: 'unscannable' })
    await expect.poll(() => message.ended).toBe(true)
    expect(message.taken).toBeLessThan(2_000 * MIB)
    await expect.poll(() => fake.open()).toBe(0)
  })

  test('a reply is read even when clamd has stopped reading and closed the connection', async () => {
    await using fake = await startFake((socket) => {
      socket.pause()
      socket.end('1: INSTREAM size limit exceeded. ERROR\0', () => socket.destroy())
    }, kind)
    for (let round = 0; round < 20; round++) {
      expect(await scan(fake, countedBytes(50 * MIB).bytes)).toMatchObject({ kind: 'unscannable' })
    }
  })

  test('OK before the message was written is not clean', async () => {
    await using fake = await startFake((socket) => {
      socket.once('data', () => socket.write('1: stream: OK\0'))
    }, kind)
    expect(await scan(fake, countedBytes(500 * MIB).bytes)).toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('said OK before it had everything'),
    })
  })

  test('a connection that clamd closes midway is an error, and no verdict', async () => {
    await using fake = await startFake((socket) => {
      socket.once('data', () => socket.destroy())
    }, kind)
    expect(await scan(fake, countedBytes(50 * MIB).bytes)).toMatchObject({ code: 'UNREACHABLE' })
  })

  test('so is a connection of which clamd closes only its own side', async () => {
    await using fake = await startFake((socket) => {
      socket.pause()
      socket.end()
    }, kind)
    expect(await scan(fake, countedBytes(50 * MIB).bytes)).toMatchObject({ code: 'UNREACHABLE' })
  })

  test('the request to a hanging clamd ends as soon as the signal aborts', async () => {
    await using fake = await startFake(() => {}, kind)
    const abort = new AbortController()
    const message = countedBytes(MIB)
    const result = scan(fake, message.bytes, abort.signal)
    await expect.poll(() => fake.received[0]?.length).toBeGreaterThan(MIB)
    const start = performance.now()
    abort.abort(new Error('deadline'))
    expect(await result).toMatchObject({ message: 'deadline' })
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(message.ended).toBe(true)
    await expect.poll(() => fake.open()).toBe(0)
  })
})

test('with an aborted signal no connection is opened', async () => {
  await using fake = await startFake(() => {})
  const message = countedBytes(MIB)
  expect(await scan(fake, message.bytes, AbortSignal.abort(new Error('late')))).toMatchObject({ message: 'late' })
  expect(message.taken).toBe(0)
  expect(fake.received.length).toBe(0)
})

test('a message that cannot be read throws its own error, and the connection is closed before the stream is complete', async () => {
  await using fake = await startFake(() => {})
  const broken = (async function* () {
    yield* anyChunking(new Uint8Array(300_000), [50_000])
    throw new Error('disk')
  })()
  expect(await scan(fake, broken)).toMatchObject({ message: 'disk' })
  await expect.poll(() => fake.open()).toBe(0)
  expect(fake.received[0]?.subarray(-4)).not.toEqual(Buffer.alloc(4, 1))
})

test('a signal for many scans keeps no listener of scans that have ended', async () => {
  await using fake = await startFake((socket) => {
    socket.on('data', () => socket.end('1: stream: OK\0'))
  })
  const signal = new AbortController().signal
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  for (let round = 0; round < 20; round++) await scan(fake, anyChunking(Buffer.from('x')), signal)
  await expect.poll(() => removed.mock.calls.length).toBe(added.mock.calls.length)
  expect(added.mock.calls.length).toBeGreaterThanOrEqual(20)
})
