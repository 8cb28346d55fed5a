import { join } from 'node:path'
import { message, testContext, testHost } from '@candy/sdk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clamd, EICAR, startClamd } from '../../../test/kit/clamd.js'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { createClamdClient } from '../src/clamd/client.js'
import { filter } from '../src/filter.js'
import { scanInTime } from '../src/scan-in-time.js'
import { readRequest, startFake } from './fake.js'
import { mixed } from './mails.js'

let scratch: Scratch
let clamd: Clamd
beforeAll(async () => {
  scratch = await makeScratch('time')
  clamd = await startClamd({ directory: join(scratch.path, 'clamd'), settings: { AlertExceedsMax: 'yes' } })
})
afterAll(async () => {
  // clamd is busy, and would first finish the scan that is running.
  clamd?.kill()
  await clamd?.stop()
  await scratch?.remove()
})

async function judge(address: string, text: string, milliseconds: number) {
  const result = await filter.options['~standard'].validate({ addresses: [address] })
  if (result.issues !== undefined) throw new Error('refused')
  const judging = await filter.create(result.value, testHost())
  return judging.judge(message(text), testContext({ milliseconds }))
}

test('mail that keeps a real clamd busy until the deadline is unscannable, since clamd answers others meanwhile', async () => {
  const typed = mixed(Array.from({ length: 150_000 }, () => 'Content-Type: text/plain\n\nx\n'))
  const client = createClamdClient({ addresses: [{ path: clamd.socket }] })
  const context = { remaining: 5_000, signal: AbortSignal.timeout(5_000) }
  expect(await scanInTime(client, () => typed.open(), context)).toEqual({
    kind: 'unscannable',
    text: 'clamd needs more time for it than there is',
  })
})

test('a real clamd that answers nobody gives no verdict', async () => {
  process.kill(clamd.pid, 'SIGSTOP')
  try {
    await expect(judge(clamd.socket, 'x', 1_000)).rejects.toMatchObject({ name: 'TimeoutError' })
  } finally {
    process.kill(clamd.pid, 'SIGCONT')
  }
})

test('a clamd that stops answering gives no verdict', async () => {
  let probes = 0
  await using fake = await startFake((socket) => {
    let request = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      request = Buffer.concat([request, chunk])
      const complete = readRequest(request)
      if (complete === undefined || Buffer.concat(complete.frames).includes('slow')) return
      request = Buffer.alloc(0)
      if (++probes === 1) socket.write('1: stream: OK\0')
    })
  })
  const path = 'path' in fake.address ? fake.address.path : ''
  await expect(judge(path, 'slow', 3_000)).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(probes).toBe(2)
})

test('an answer just before the deadline counts', async () => {
  await using fake = await startFake((socket) => {
    let request = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      request = Buffer.concat([request, chunk])
      const complete = readRequest(request)
      if (complete === undefined) return
      const isSlow = Buffer.concat(complete.frames).includes('slow')
      setTimeout(() => socket.write(isSlow ? '1: stream: Worm FOUND\0' : '1: stream: OK\0'), isSlow ? 1_200 : 0)
    })
  })
  const path = 'path' in fake.address ? fake.address.path : ''
  await expect(judge(path, 'slow', 3_000)).resolves.toMatchObject({ action: 'reject' })
})

test('a message that is scanned soon costs clamd no more than its scan, and a deadline that never comes is no trouble', async () => {
  const client = createClamdClient({ addresses: [{ path: clamd.socket }] })
  let scans = 0
  const counted = {
    ...client,
    scan: (...args: Parameters<typeof client.scan>) => {
      scans++
      return client.scan(...args)
    },
  }
  for (const remaining of [60_000, Number.POSITIVE_INFINITY]) {
    const signal = new AbortController().signal
    expect(await scanInTime(counted, () => message(EICAR).open(), { remaining, signal })).toMatchObject({
      kind: 'found',
    })
  }
  expect(scans).toBe(2)
})
