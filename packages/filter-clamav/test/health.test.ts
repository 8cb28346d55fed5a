import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import type { Health } from '@candy/sdk'
import { testContext, testHost } from '@candy/sdk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clamd, startClamd } from '../../../test/ground/clamd.js'
import { makeScratch, type Scratch } from '../../../test/ground/scratch.js'
import { filter } from '../src/filter.js'
import { answer, readRequest, startFake } from './fake.js'

const DAY = 86_400_000

let scratch: Scratch
let dated: Clamd
let undated: Clamd
beforeAll(async () => {
  scratch = await makeScratch('health')
  const signaturesFrom = new Date(Date.now() - 5 * DAY)
  dated = await startClamd({
    directory: join(scratch.path, 'dated'),
    settings: { AlertExceedsMax: 'yes' },
    signaturesFrom,
  })
  undated = await startClamd({ directory: join(scratch.path, 'undated') })
})
afterAll(async () => {
  await dated?.stop()
  await undated?.stop()
  await scratch?.remove()
})

async function check(
  options: Record<string, unknown>,
  signal = AbortSignal.timeout(20_000),
): Promise<Health | undefined> {
  const result = await filter.options['~standard'].validate(options)
  if (result.issues !== undefined) throw new Error('refused')
  const judge = await filter.create(result.value, testHost())
  return await judge.check?.(testContext({ signal }))
}

test('fresh signatures and a clamd that owns up to its limits are well', async () => {
  expect(await check({ addresses: [dated.socket], max_signature_age: '6d' })).toEqual({
    ok: true,
    text: expect.stringMatching(/^unix:.*clamd.sock: ClamAV \d\S+, signatures 5 days old$/),
    details: {
      address: `unix:${dated.socket}`,
      limits: 'reported',
      version: expect.stringMatching(/^\d+\.\d+/),
      signatures: 27_000,
      signatures_from: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  })
})

test('old signatures are not well', async () => {
  expect(await check({ addresses: [dated.socket] })).toMatchObject({
    ok: false,
    text: expect.stringMatching(/signatures 5 days old, older than 3 days: is freshclam running\?$/),
  })
})

test('a database without a date is said and not held against it, and so are silent limits', async () => {
  expect(await check({ addresses: [undated.socket] })).toEqual({
    ok: true,
    text: expect.stringMatching(
      /age of its signatures unknown, what is over its limits counts as clean: set AlertExceedsMax yes in clamd.conf$/,
    ),
    details: { address: `unix:${undated.socket}`, limits: 'silent', version: expect.any(String) },
  })
})

test('one clamd of two that is down is named, and the other one is enough', async () => {
  expect(await check({ addresses: ['/nonexistent/clamd.ctl', undated.socket] })).toMatchObject({
    ok: true,
    text: expect.stringMatching(/^unix:\/nonexistent\/clamd.ctl: no such socket: .*; unix:.*ClamAV/),
    details: { address: `unix:${undated.socket}` },
  })
})

test('old signatures in one clamd of two are not made good by the other', async () => {
  expect(await check({ addresses: [undated.socket, dated.socket] })).toMatchObject({ ok: false })
})

test('a clamd that is down is not well, however long mail would wait for it', async () => {
  expect(await check({ addresses: ['/nonexistent/clamd.ctl'], wait: '1h' })).toMatchObject({
    ok: false,
    text: 'unix:/nonexistent/clamd.ctl: no such socket: is clamd running, and is this its LocalSocket?',
  })
})

test('a socket that this account may not use says what to do', async () => {
  await using own = await makeScratch('locked')
  const clamd = await startClamd({ directory: own.path })
  await chmod(clamd.socket, 0o000)
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    expect(await check({ addresses: [clamd.socket] })).toMatchObject({
      ok: false,
      text: expect.stringMatching(/permission denied: .*LocalSocketGroup and LocalSocketMode/),
    })
  } finally {
    if (isRoot) process.seteuid?.(0)
    await clamd.stop()
  }
})

test('a clamd whose VERSION is switched off is well', async () => {
  await using fake = await startFake((socket) => {
    let request = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      request = Buffer.concat([request, chunk])
      const command = readRequest(request)?.command
      if (command === 'zPING') socket.end('1: PONG\0')
      else if (command === 'zVERSION') socket.end('1: COMMAND UNAVAILABLE\0')
      else if (command !== undefined) socket.end('1: stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0')
    })
  })
  const path = 'path' in fake.address ? fake.address.path : ''
  expect(await check({ addresses: [path] })).toEqual({
    ok: true,
    text: `unix:${path}: ClamAV (it does not tell its version), age of its signatures unknown`,
    details: { address: `unix:${path}`, limits: 'reported' },
  })
})

test('nonsense and silence are not well', async () => {
  await using nonsense = await startFake(answer('1: hello\0'), 'tcp')
  await using silent = await startFake(() => {}, 'tcp')
  const addresses = [nonsense, silent].map(({ address }) => `127.0.0.1:${'port' in address ? address.port : 0}`)
  expect(await check({ addresses }, AbortSignal.timeout(500))).toMatchObject({
    ok: false,
    text: expect.stringMatching(/not a reply to PING: "hello"; tcp:127.0.0.1:\d+: no answer in time$/),
  })
})
