/** Sessions that are used again: by whom, for how long, and what becomes of those that are no good any more. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { anyChunking } from '@candy/sdk/testing'
import type { ServiceAddress } from '@candy/sdk/values'
import { expect, test, vi } from 'vitest'
import { EICAR, startClamd } from '../../../../test/kit/clamd.js'
import { makeScratch } from '../../../../test/kit/scratch.js'
import { type ClamdClient, type ClamdScanResult, createClamdClient } from '../../src/clamd/client.js'
import { answer, answerAll, type Fake, startFake } from '../fake.js'

const CLEAN = { kind: 'clean' }

function client(...addresses: readonly ServiceAddress[]): ClamdClient {
  return createClamdClient({ addresses })
}

function scan(scanner: ClamdClient, text = 'x'): Promise<ClamdScanResult> {
  return scanner.scan(() => anyChunking(Buffer.from(text)))
}

function beginnings(fake: Fake): number[] {
  return fake.received.map((bytes) => bytes.toString('latin1').split('zIDSESSION\0').length - 1)
}

test('successive requests go over one connection, on which IDSESSION is sent once', async () => {
  await using fake = await startFake(
    answerAll('1: stream: OK\0', '2: PONG\0', '3: stream: A FOUND\0', '4: stream: OK\0'),
  )
  const scanner = client(fake.address)
  expect(await scan(scanner)).toMatchObject(CLEAN)
  await scanner.ping()
  expect(await scan(scanner)).toMatchObject({ kind: 'found', name: 'A' })
  expect(await scan(scanner)).toMatchObject(CLEAN)
  expect(beginnings(fake)).toEqual([1])
})

test('requests at the same time have a connection each', async () => {
  await using fake = await startFake(answerAll('1: stream: OK\0', '2: stream: OK\0'))
  const scanner = client(fake.address)
  for (let round = 0; round < 2; round++) {
    expect(await Promise.all([scan(scanner), scan(scanner), scan(scanner)])).toMatchObject([CLEAN, CLEAN, CLEAN])
  }
  expect(beginnings(fake)).toEqual([1, 1, 1])
})

test.each(['1: stream: OK\0', '3: stream: OK\0', 'stream: OK\0'])(
  'the reply %j to the second request is not taken for an answer to it',
  async (reply) => {
    await using fake = await startFake(answerAll('1: stream: OK\0', reply, '3: stream: OK\0'))
    const scanner = client(fake.address)
    await scan(scanner)
    await expect(scan(scanner)).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('request 2'),
    })
    expect(await scan(scanner)).toMatchObject(CLEAN)
    expect(beginnings(fake)).toEqual([1, 1])
  },
)

test('a session on which clamd sends more replies than there were requests is not used again', async () => {
  await using fake = await startFake(answerAll('1: stream: OK\x002: stream: OK\0', '3: stream: OK\0'))
  const scanner = client(fake.address)
  expect(await scan(scanner)).toMatchObject(CLEAN)
  expect(await scan(scanner)).toMatchObject(CLEAN)
  expect(beginnings(fake)).toEqual([1, 1])
})

test('nor is one on which clamd sends something without a request', async () => {
  await using fake = await startFake((socket) => {
    answerAll('1: stream: OK\0')(socket)
    setTimeout(() => socket.write('2: stream: OK\0'), 200)
  })
  const scanner = client(fake.address)
  await scan(scanner)
  await expect.poll(() => fake.open()).toBe(0)
  expect(await scan(scanner)).toMatchObject(CLEAN)
})

test('nor is one that has had an error', async () => {
  await using fake = await startFake(answerAll('1: stream: Exceeded time limit ERROR\0', '2: stream: OK\0'))
  const scanner = client(fake.address)
  for (let round = 0; round < 2; round++) expect(await scan(scanner)).toMatchObject({ kind: 'unscannable' })
  expect(beginnings(fake)).toEqual([1, 1])
})

test('a closed session is no failure of clamd, which is asked again over a new connection', async () => {
  await using fake = await startFake(answerAll('1: stream: OK\0'))
  await using other = await startFake(answerAll('1: stream: OK\0'))
  const scanner = client(fake.address, other.address)
  for (let round = 1; round <= 3; round++) {
    expect(await scan(scanner)).toMatchObject(CLEAN)
    expect([fake.received.length, other.received.length]).toEqual([round, 0])
  }
})

test('once the first clamd works again, it is asked before the second one', async () => {
  await using lost = await startFake((socket, turn) => {
    if (turn === 0) socket.destroy()
    else answer('1: stream: OK\0')(socket)
  })
  await using other = await startFake(answerAll('1: stream: OK\0', '2: stream: OK\0'))
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const scanner = client(lost.address, other.address)
    for (let round = 0; round < 2; round++) expect(await scan(scanner)).toMatchObject(CLEAN)
    expect([lost.received.length, beginnings(other)]).toEqual([1, [1]])
    vi.advanceTimersByTime(31_000)
    expect(await scan(scanner)).toMatchObject(CLEAN)
    expect(lost.received.length).toBe(2)
  } finally {
    vi.useRealTimers()
  }
})

test('an idle session is closed', async () => {
  await using fake = await startFake(answerAll('1: stream: OK\0'))
  await scan(client(fake.address))
  expect(fake.open()).toBe(1)
  await expect.poll(() => fake.open()).toBe(0)
})

test('a session does not keep the process running, and is used by the next request', async () => {
  await using fake = await startFake(answerAll('1: stream: OK\0', '2: stream: OK\0'))
  const script = `
    import { createClamdClient } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
    const scanner = createClamdClient({ addresses: [${JSON.stringify(fake.address)}] })
    const bytes = async function* () { yield Buffer.from('x') }
    await scanner.scan(bytes)
    console.log((await scanner.scan(bytes)).kind)
    const begun = performance.now()
    process.on('exit', () => console.log(performance.now() - begun < 1000))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  expect(stdout).toBe('clean\ntrue\n')
  expect(beginnings(fake)).toEqual([1])
})

test('over one session a real clamd gives each request its own verdict, also with new signatures', async () => {
  await using scratch = await makeScratch('sessions')
  const clamd = await startClamd({ directory: scratch.path })
  try {
    const scanner = client({ path: clamd.socket })
    const texts = Array.from({ length: 400 }, (_, index) => `${index} ${index % 7 === 0 ? EICAR : 'harmless'}`)
    const turns = texts.values()
    const work = async (): Promise<void> => {
      for (const text of turns) {
        expect((await scan(scanner, text)).kind).toBe(text.endsWith(EICAR) ? 'found' : 'clean')
      }
    }
    await Promise.all(Array.from({ length: 7 }, work))

    const word = 'a text that is known to be harmless as of yet'
    expect(await scan(scanner, word)).toMatchObject(CLEAN)
    await clamd.learn('Candy.New', word)
    await vi.waitFor(async () => expect((await scan(scanner, word)).kind).toBe('found'), {
      timeout: 30_000,
      interval: 100,
    })
  } finally {
    await clamd.stop()
  }
})

test('a clamd that was started anew is asked over a new connection', async () => {
  await using scratch = await makeScratch('sessions')
  const directory = join(scratch.path, 'clamd')
  const first = await startClamd({ directory })
  const scanner = client({ path: first.socket })
  expect(await scan(scanner, EICAR)).toMatchObject({ kind: 'found' })
  await first.stop()
  const second = await startClamd({ directory })
  try {
    expect(await scan(scanner, EICAR)).toMatchObject({ kind: 'found' })
  } finally {
    await second.stop()
  }
})
