import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { type Health, printable } from '@candy/sdk'
import { testContext, testHost } from '@candy/sdk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clamd, startClamd } from '../../../test/kit/clamd.js'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { configurationOf } from '../src/clamd/configuration.js'
import { filter } from '../src/filter.js'
import { answer, readRequest, startFake } from './fake.js'
import { asStranger } from './stranger.js'

const DAY = 86_400_000

let scratch: Scratch
let dated: Clamd
let silent: Clamd
let strict: Clamd
beforeAll(async () => {
  scratch = await makeScratch('health')
  const signaturesFrom = new Date(Date.now() - 5 * DAY)
  dated = await startClamd({
    directory: join(scratch.path, 'dated'),
    settings: { AlertExceedsMax: 'yes', MaxScanSize: '9M' },
    signaturesFrom,
  })
  silent = await startClamd({
    directory: join(scratch.path, 'silent'),
    settings: { StreamMaxLength: '2M' },
    signaturesFrom,
  })
  strict = await startClamd({
    directory: join(scratch.path, 'strict'),
    settings: { AlertExceedsMax: 'yes', StreamMaxLength: '2M' },
  })
})
afterAll(async () => {
  await dated?.stop()
  await silent?.stop()
  await strict?.stop()
  await scratch?.remove()
})

async function check(
  options: Record<string, unknown>,
  { messageSizeLimit, signal = AbortSignal.timeout(20_000) }: { messageSizeLimit?: number; signal?: AbortSignal } = {},
): Promise<Health | undefined> {
  const result = await filter.options['~standard'].validate(options)
  if (result.issues !== undefined) throw new Error('refused')
  const judge = await filter.create(result.value, testHost(messageSizeLimit === undefined ? {} : { messageSizeLimit }))
  return await judge.check?.(testContext({ signal }))
}

test('fresh signatures and a clamd that reports exceeded limits are ok', async () => {
  expect(await check({ addresses: [dated.socket], max_signature_age: '6d' })).toEqual({
    ok: true,
    text: expect.stringMatching(/^unix:.*clamd.sock: ClamAV \d\S+; signatures 5 days old$/),
    details: {
      address: `unix:${dated.socket}`,
      limits: 'reported',
      version: expect.stringMatching(/^\d+\.\d+/),
      signatures: 27_000,
      signatures_from: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  })
})

test('old signatures are not ok', async () => {
  expect(await check({ addresses: [dated.socket] })).toMatchObject({
    ok: false,
    text: expect.stringMatching(/signatures 5 days old, older than 3 days: systemctl status clamav-freshclam$/),
  })
})

test('a database without a date is mentioned, and is not ok only with old_signatures = "error"', async () => {
  expect(await check({ addresses: [strict.socket] })).toMatchObject({
    ok: true,
    text: expect.stringMatching(/; age of its signatures unknown$/),
  })
  expect(await check({ addresses: [strict.socket], old_signatures: 'error' })).toMatchObject({ ok: false })
})

test('a clamd that does not report exceeded limits is not ok, because anybody can send mail beyond them', async () => {
  expect(await check({ addresses: [silent.socket], max_signature_age: '6d' })).toMatchObject({
    ok: false,
    text: expect.stringMatching(
      /; set in \S*clamd.conf AlertExceedsMax yes \(any sender can .*\), then systemctl restart clamav-daemon$/,
    ),
    details: { limits: 'silent' },
  })
})

test('all problems at once fit into one log line', async () => {
  const health = await check({ addresses: [silent.socket] }, { messageSizeLimit: 10_240_000 })
  expect(health?.text).toMatch(/older than 3 days.*AlertExceedsMax.*StreamMaxLength.*systemctl restart clamav-daemon$/)
  const where = health?.text.indexOf(': ClamAV') ?? 0
  expect(printable(`unix:/var/run/clamav/clamd.ctl${health?.text.slice(where)}`)).toMatch(/clamav-daemon$/)
})

test("a clamd whose limit is smaller than Postfix's is not ok, and one whose limit is not smaller is", async () => {
  expect(await check({ addresses: [strict.socket] }, { messageSizeLimit: 1_900_000 })).toMatchObject({ ok: true })
  expect(await check({ addresses: [strict.socket] }, { messageSizeLimit: 10_240_000 })).toMatchObject({
    ok: false,
    text: expect.stringContaining(
      `; set in ${configurationOf({ path: strict.socket })} StreamMaxLength 10M, MaxFileSize 10M, MaxScanSize 40M ` +
        '(it does not scan the 10240000 bytes of message_size_limit), then systemctl restart clamav-daemon',
    ),
  })
})

test('when the probe of the largest message takes too long, that is reported, and nothing else depends on it', async () => {
  const deadline = new AbortController()
  await using slow = await startFake((socket) => {
    let request = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      request = Buffer.concat([request, chunk])
      const command = readRequest(request)?.command
      if (command === 'zPING') socket.end('1: PONG\0')
      else if (command === 'zVERSION') socket.end('1: ClamAV 1.4.3\0')
      else if (command !== undefined) socket.end('1: stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0')
      else if (request.length > 1_000_000) {
        socket.pause()
        deadline.abort()
      }
    })
  })
  const addresses = ['path' in slow.address ? slow.address.path : '']
  const health = await check({ addresses }, { messageSizeLimit: 50_000_000, signal: deadline.signal })
  expect(health).toMatchObject({
    ok: true,
    text: expect.stringMatching(/; whether it scans 50000000 bytes \(message_size_limit\) took too long to tell$/),
  })
})

test('a clamd that accepts the largest message and does not scan all of it is not ok', async () => {
  expect(
    await check({ addresses: [dated.socket], max_signature_age: '6d' }, { messageSizeLimit: 10_240_000 }),
  ).toMatchObject({
    ok: false,
    text: expect.stringContaining('it does not scan the 10240000 bytes'),
  })
})

test('when one clamd of two is down, it is named, and the result is ok', async () => {
  expect(await check({ addresses: ['/nonexistent/clamd.ctl', strict.socket] })).toMatchObject({
    ok: true,
    text: expect.stringMatching(/^unix:\/nonexistent\/clamd.ctl: .*; unix:.*ClamAV/),
    details: { address: `unix:${strict.socket}` },
  })
})

test('old signatures in one clamd of two are not ok', async () => {
  expect(await check({ addresses: [strict.socket, dated.socket] })).toMatchObject({ ok: false })
})

test('a clamd that is down is not ok, however long mail would wait for it', async () => {
  expect(await check({ addresses: ['/nonexistent/clamd.ctl'], wait: '1h' })).toMatchObject({
    ok: false,
    text: expect.stringMatching(/^unix:\/nonexistent\/clamd.ctl: .*systemctl enable --now clamav-daemon/),
  })
})

test('a socket that this account may not use says what to do', async () => {
  await using own = await makeScratch('locked')
  const clamd = await startClamd({ directory: own.path })
  await chmod(clamd.socket, 0o000)
  const program = `
    import { filter } from '@candy/filter-clamav'
    import { testContext, testHost } from '@candy/sdk/testing'
    const { value } = await filter.options['~standard'].validate({ addresses: [${JSON.stringify(clamd.socket)}] })
    const judge = await filter.create(value, testHost())
    console.log(JSON.stringify(await judge.check(testContext({ signal: AbortSignal.timeout(20_000) }))))`
  try {
    expect(await asStranger(program)).toMatchObject({
      ok: false,
      text: expect.stringMatching(/the account \S+ may not use this socket: set LocalSocketMode 666 in \S*clamd.conf/),
    })
  } finally {
    await clamd.stop()
  }
})

test('a clamd with a disabled VERSION is ok', async () => {
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
    text: `unix:${path}: ClamAV (it does not tell its version); age of its signatures unknown`,
    details: { address: `unix:${path}`, limits: 'reported' },
  })
})

test('an unknown answer and no answer are not ok', async () => {
  await using nonsense = await startFake(answer('1: hello\0'), 'tcp')
  await using silent = await startFake(() => {}, 'tcp')
  const addresses = [nonsense, silent].map(({ address }) => `127.0.0.1:${'port' in address ? address.port : 0}`)
  expect(await check({ addresses }, { signal: AbortSignal.timeout(3_000) })).toMatchObject({
    ok: false,
    text: expect.stringMatching(/not a reply to PING: "hello"; 127.0.0.1:\d+: no answer in time: clamd may still be/),
  })
})
