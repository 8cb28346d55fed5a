import { join } from 'node:path'
import type { Filter, Verdict } from '@candy/sdk'
import { message, run, testHost } from '@candy/sdk/testing'
import type { ServiceAddress } from '@candy/sdk/values'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clamd, EICAR, SIGNATURES, startClamd } from '../../../test/kit/clamd.js'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { filter } from '../src/filter.js'
import { type Options, options } from '../src/options.js'
import { judgeAge, Signatures } from '../src/signatures.js'
import { answer, startFake } from './fake.js'

const DAY = 86_400_000

let scratch: Scratch
let old: Clamd
let undated: Clamd
beforeAll(async () => {
  scratch = await makeScratch('signatures')
  const signaturesFrom = new Date(Date.now() - 5 * DAY)
  old = await startClamd({ directory: join(scratch.path, 'old'), signaturesFrom })
  undated = await startClamd({ directory: join(scratch.path, 'undated') })
})
afterAll(async () => {
  await old?.stop()
  await undated?.stop()
  await scratch?.remove()
})

async function read(values: Record<string, unknown>): Promise<Options> {
  const result = await options['~standard'].validate(values)
  if (result.issues !== undefined) throw new Error('refused')
  return result.value
}

async function judge(values: Record<string, unknown>): Promise<Filter<Verdict>> {
  return filter.create(await read(values), testHost())
}

test('mail in which old signatures find nothing is accepted, with a warning once an hour', async () => {
  const scanner = await judge({ addresses: [old.socket] })
  const { verdict, log } = await run(scanner, message('x'))
  expect(verdict.action).toBe('accept')
  expect(log).toEqual([
    {
      level: 'warn',
      event: 'old signatures',
      fields: {
        address: `unix:${old.socket}`,
        reason: expect.stringMatching(/^signatures 5 days old, older than 3 days: systemctl status clamav-freshclam$/),
      },
    },
  ])
  expect((await run(scanner, message('x'))).log).toEqual([])
})

test('with old_signatures = "error" mail in which old signatures find nothing is not judged', async () => {
  const scanner = await judge({ addresses: [old.socket], old_signatures: 'error' })
  for (const text of ['x', SIGNATURES['PUA.Test.Candy']]) {
    await expect(run(scanner, message(text))).rejects.toMatchObject({
      code: 'SCANNER_OUTDATED',
      message: expect.stringContaining(`unix:${old.socket}: signatures 5 days old`),
    })
  }
  expect((await run(scanner, message(EICAR))).verdict.action).toBe('reject')
})

test('signatures that are new enough, or whose age is unknown, cause no warning', async () => {
  const fresh = await run(await judge({ addresses: [old.socket], max_signature_age: '6d' }), message('x'))
  expect([fresh.verdict.action, fresh.log]).toEqual(['accept', []])
  const unknown = await run(await judge({ addresses: [undated.socket] }), message('x'))
  expect([unknown.verdict.action, unknown.log]).toEqual(['accept', []])
  const strict = await judge({ addresses: [undated.socket], old_signatures: 'error' })
  await expect(run(strict, message('x'))).rejects.toMatchObject({ code: 'SCANNER_OUTDATED' })
})

test('the version is asked of the clamd that scanned, and not of the first one', async () => {
  const scanner = await judge({
    addresses: ['/nonexistent/clamd.ctl', old.socket],
    old_signatures: 'error',
    wait: '1ms',
  })
  await expect(run(scanner, message('x'))).rejects.toMatchObject({ code: 'SCANNER_OUTDATED' })
})

test('a clamd with a disabled VERSION delays no mail', async () => {
  await using fake = await startFake((socket, turn) =>
    (turn === 0 ? answer('1: stream: OK\0') : answer('1: what?\0'))(socket),
  )
  const path = 'path' in fake.address ? fake.address.path : ''
  const { verdict, log } = await run(await judge({ addresses: [path] }), message('x'))
  expect([verdict.action, log]).toEqual(['accept', []])
})

test('a clamd that does not answer VERSION delays no mail', async () => {
  await using fake = await startFake((socket) => {
    socket.once('data', () => void socket.write('1: stream: OK\0'))
  })
  const path = 'path' in fake.address ? fake.address.path : ''
  const { verdict } = await run(await judge({ addresses: [path] }), message('x'), AbortSignal.timeout(20_000))
  expect(verdict.action).toBe('accept')
})

test('the version is asked for now and then, and not for every message', async () => {
  let asked = 0
  const address: ServiceAddress = { path: '/a' }
  const client = {
    scan: () => Promise.reject(new Error('not asked for')),
    ping: () => Promise.reject(new Error('not asked for')),
    version: () => {
      asked++
      return Promise.resolve({ engine: '1.4.3', signatures: { version: 1, date: new Date() } })
    },
  }
  const signatures = new Signatures(client, await read({}))
  const context = { signal: new AbortController().signal, remaining: 1, log: () => undefined, warn: () => undefined }
  for (let mail = 0; mail < 5; mail++) await signatures.demandFresh(address, context)
  expect(asked).toBe(1)
})

test.each([
  [0, false, 'signatures 0 days old'],
  [-2, false, 'signatures 0 days old'],
  [1, false, 'signatures 1 day old'],
  [3, false, 'signatures 3 days old'],
  [3.1, true, 'signatures 3.1 days old, older than 3 days: systemctl status clamav-freshclam'],
])('signatures of %d days are judged', async (days, isOld, text) => {
  const now = Date.now()
  const version = { engine: '1.4.3', signatures: { version: 1, date: new Date(now - days * DAY) } }
  expect(judgeAge(version, await read({}), now)).toEqual({ old: isOld, text })
})
