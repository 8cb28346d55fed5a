import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { anyChunking } from '@candy/sdk/testing'
import type { ServiceAddress } from '@candy/sdk/values'
import * as clamdjs from 'clamdjs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clamd, EICAR, SIGNATURES, startClamd } from '../../../../test/kit/clamd.js'
import { makeScratch, type Scratch } from '../../../../test/kit/scratch.js'
import { until } from '../../../../test/kit/waiting.js'
import { type ClamdClient, createClamdClient } from '../../src/clamd/client.js'
import { openConnection } from '../../src/clamd/connection.js'
import { parseReply } from '../../src/clamd/reply.js'
import { answer, readRequest, startFake } from '../fake.js'

let scratch: Scratch
let clamd: Clamd
beforeAll(async () => {
  scratch = await makeScratch('clamd')
  clamd = await startClamd({
    directory: scratch.path,
    tcp: true,
    settings: { StreamMaxLength: '1M', AlertExceedsMax: 'yes', MaxScanSize: '600K' },
    signaturesFrom: new Date(2026, 10, 20, 8, 30, 0),
  })
})
afterAll(async () => {
  await clamd?.stop()
  await scratch?.remove()
})

const both = ['UNIX', 'TCP'] as const

function address(kind: (typeof both)[number]): ServiceAddress {
  return kind === 'UNIX' ? { path: clamd.socket } : { host: '127.0.0.1', port: clamd.port }
}

function client(kind: (typeof both)[number]): ClamdClient {
  return createClamdClient({ addresses: [address(kind)] })
}

describe.each(both)('a real clamd over %s', (kind) => {
  test('calls an empty, a small and a larger harmless message clean', async () => {
    for (const size of [0, 10, 500_000]) {
      const bytes = Buffer.alloc(size, 'harmless\r\n')
      expect(await client(kind).scan(() => anyChunking(bytes))).toEqual({ kind: 'clean', address: address(kind) })
    }
  })

  test('finds each of its signatures and names it', async () => {
    for (const [name, text] of Object.entries(SIGNATURES)) {
      const result = await client(kind).scan(() => anyChunking(Buffer.from(text)))
      expect(result).toMatchObject({ kind: 'found', name: `${name}.UNOFFICIAL` })
    }
  })

  test('reports a message over StreamMaxLength, whenever it closes the connection', async () => {
    const large = Buffer.alloc(8_000_000)
    for (let round = 0; round < 25; round++) {
      const sizes = [[1_000], [70_000], [1_000_000], []][round % 4]
      expect(await client(kind).scan(() => anyChunking(large, sizes))).toMatchObject({
        kind: 'unscannable',
        text: 'INSTREAM size limit exceeded.',
      })
    }
  })

  test('reports that it stopped at MaxScanSize', async () => {
    const result = await client(kind).scan(() => anyChunking(Buffer.alloc(900_000, 'x')))
    expect(result).toMatchObject({ kind: 'found', name: 'Heuristics.Limits.Exceeded.MaxScanSize' })
  })

  test('answers VERSION and PING', async () => {
    await client(kind).ping()
    expect(await client(kind).version()).toEqual({
      engine: expect.stringMatching(/^\d+\.\d+\.\d+/),
      signatures: { version: 27_000, date: new Date(2026, 10, 20, 8, 30, 0) },
    })
  })

  test('serves thirty scans at the same time', async () => {
    const texts = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? EICAR : `harmless ${index}`))
    const results = await Promise.all(texts.map((text) => client(kind).scan(() => anyChunking(Buffer.from(text)))))
    expect(results.map((result) => result.kind === 'found')).toEqual(texts.map((text) => text === EICAR))
  })

  test('gives the same verdict for any chunking', async () => {
    const bytes = fc
      .tuple(fc.nat({ max: 70_000 }), fc.nat({ max: 70_000 }), fc.boolean())
      .map(([before, after, bad]) => ({
        bad,
        content: Buffer.concat([
          Buffer.alloc(before, '.'),
          Buffer.from(bad ? EICAR : 'nothing'),
          Buffer.alloc(after, ','),
        ]),
      }))
    await fc.assert(
      fc.asyncProperty(bytes, fc.array(fc.nat({ max: 80_000 }), { maxLength: 4 }), async ({ bad, content }, sizes) => {
        const chunks = sizes.map((size) => (size < 100 ? size + content.length : size))
        const result = await client(kind).scan(() => anyChunking(content, chunks))
        expect(result.kind).toBe(bad ? 'found' : 'clean')
      }),
      { numRuns: 25 },
    )
  })
})

test('a stream of Node.js is bytes too', async () => {
  const result = await client('UNIX').scan(() => Readable.from([Buffer.from(EICAR)]))
  expect(result.kind).toBe('found')
})

test('our client and the package clamdjs get the same answers from one clamd', async () => {
  const theirs = clamdjs.createScanner('127.0.0.1', clamd.port)
  for (const text of ['', 'harmless', EICAR, SIGNATURES['PUA.Test.Candy'], 'y'.repeat(200_000)]) {
    const reply = await theirs.scanBuffer(Buffer.from(text))
    expect(await client('TCP').scan(() => anyChunking(Buffer.from(text)))).toMatchObject(parseReply(reply.slice(0, -1)))
    expect(reply.endsWith('\0')).toBe(true)
  }
  expect(await clamdjs.ping('127.0.0.1', clamd.port)).toBe(true)
  await client('TCP').ping()
  const version = await client('TCP').version()
  expect(await clamdjs.version('127.0.0.1', clamd.port)).toMatch(
    new RegExp(`^ClamAV ${version?.engine}/${version?.signatures?.version}/`),
  )
})

test.each([
  ['stream: OK', { kind: 'clean' }],
  ['stream: A.B FOUND', { kind: 'found', name: 'A.B' }],
  ['INSTREAM size limit exceeded. ERROR', { kind: 'unscannable' }],
])('the reply %j is understood, split at any byte', async (text, result) => {
  for (let at = 1; at < text.length + 3; at++) {
    const whole = `1: ${text}\0`
    await using fake = await startFake(answer([whole.slice(0, at), whole.slice(at)]))
    expect(
      await createClamdClient({ addresses: [fake.address] }).scan(() => anyChunking(Buffer.from('x'))),
    ).toMatchObject(result)
    expect(readRequest(fake.received[0] ?? Buffer.alloc(0))?.frames.map(String)).toEqual(['x'])
  }
})

test.each([
  ['1: stream: \x00', 'PROTOCOL'],
  ['1: \x00', 'PROTOCOL'],
  ['1: stream: OK\n\x00', 'PROTOCOL'],
  ['1: HTTP/1.1 200 OK\r\n\r\n\x00', 'PROTOCOL'],
  ['1: UNKNOWN COMMAND\x00', 'PROTOCOL'],
  ["1: stream: Can't create temporary file ERROR\x00", 'PROTOCOL'],
  ['1: stream: OK', 'PROTOCOL'],
  ['1: stream: EICAR FOUND', 'PROTOCOL'],
  ['1: s', 'PROTOCOL'],
  ['x'.repeat(200_000), 'PROTOCOL'],
  ['', 'UNREACHABLE'],
  ['stream: OK\x00', 'PROTOCOL'],
  ['0: stream: OK\x00', 'PROTOCOL'],
  ['2: stream: OK\x00', 'PROTOCOL'],
  ['11: stream: OK\x00', 'PROTOCOL'],
  ['2: INSTREAM size limit exceeded. ERROR\x00', 'PROTOCOL'],
  ['UNKNOWN COMMAND\x00', 'PROTOCOL'],
])('the reply %j is thrown, not guessed', async (reply, code) => {
  await using fake = await startFake(answer(reply))
  const scan = createClamdClient({ addresses: [fake.address] }).scan(() => anyChunking(Buffer.from('x')))
  const error = (await scan.catch((caught: unknown) => caught)) as Error
  expect(error).toMatchObject({ name: 'ClamdError', code })
  expect(error.message.length).toBeLessThan(400)
})

test('a clamd that is lost before its reply is left for the next one, which gets the whole message', async () => {
  await using lost = await startFake((socket) => socket.once('data', () => socket.destroy()))
  await using good = await startFake(answer('1: stream: OK\0'))
  const scanner = createClamdClient({ addresses: [lost.address, good.address] })
  expect(await scanner.scan(() => anyChunking(Buffer.from('abc'), [1]))).toMatchObject({
    kind: 'clean',
    address: good.address,
  })
  expect(readRequest(good.received[0] ?? Buffer.alloc(0))?.frames.map(String)).toEqual(['abc'])

  expect(await scanner.scan(() => anyChunking(Buffer.from('abc')))).toMatchObject({
    kind: 'clean',
    address: good.address,
  })
  expect(lost.received.length).toBe(1)
})

test('each clamd is asked once when all are lost, and the first that was lost is named', async () => {
  await using first = await startFake((socket) => socket.once('data', () => socket.destroy()))
  await using second = await startFake((socket) => socket.once('data', () => socket.destroy()), 'tcp')
  const scanner = createClamdClient({ addresses: [first.address, second.address], wait: 60_000 })
  await expect(scanner.scan(() => anyChunking(Buffer.from('x')))).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect([first.received.length, second.received.length]).toEqual([1, 1])
})

test('after an unclear answer no other clamd is asked', async () => {
  await using strange = await startFake(answer("1: stream: Can't open file ERROR\0"))
  await using good = await startFake(answer('1: stream: OK\0'))
  const scanner = createClamdClient({ addresses: [strange.address, good.address] })
  await expect(scanner.scan(() => anyChunking(Buffer.from('x')))).rejects.toMatchObject({ code: 'PROTOCOL' })
  expect(good.received.length).toBe(0)
})

test('when the backlog of clamd is full, connections wait and none fails', async () => {
  await using own = await makeScratch('busy')
  const busy = await startClamd({ directory: own.path, settings: { MaxConnectionQueueLength: 1 } })
  process.kill(busy.pid, 'SIGSTOP')
  try {
    await until('clamd to stop', async () => /^State:\tT/m.test(await readFile(`/proc/${busy.pid}/status`, 'utf8')))
    const opened = await Promise.allSettled(
      Array.from({ length: 6 }, () => openConnection({ path: busy.socket }, undefined)),
    )
    for (const result of opened) if (result.status === 'fulfilled') result.value.socket.destroy()
    expect(opened.at(-1)).toMatchObject({
      status: 'rejected',
      reason: { code: 'UNREACHABLE', message: expect.stringContaining('MaxConnectionQueueLength') },
    })
    const scanner = createClamdClient({ addresses: [{ path: busy.socket }], wait: 30_000 })
    const scans = Array.from({ length: 6 }, () => scanner.scan(() => anyChunking(Buffer.from(EICAR))))
    setTimeout(() => process.kill(busy.pid, 'SIGCONT'), 300)
    expect((await Promise.all(scans)).map(({ kind }) => kind)).toEqual(scans.map(() => 'found'))
  } finally {
    process.kill(busy.pid, 'SIGCONT')
    await busy.stop()
  }
})

test('a disabled VERSION is no error, but an unknown answer is', async () => {
  await using off = await startFake(answer('1: COMMAND UNAVAILABLE\0'))
  expect(await createClamdClient({ addresses: [off.address] }).version()).toBeUndefined()
  await using strange = await startFake(answer('1: hello\0'))
  const nonsense = createClamdClient({ addresses: [strange.address] })
  await expect(nonsense.version()).rejects.toMatchObject({ code: 'PROTOCOL' })
  await expect(nonsense.ping()).rejects.toMatchObject({ code: 'PROTOCOL' })
})
