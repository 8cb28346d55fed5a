/** The filter and the protocol against a real spamd with Debian's rules, and against the npm package `spamc`. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lesson } from '@candy/sdk'
import { message, type Run, run, testContext } from '@candy/sdk/testing'
import { parseAddress } from '@candy/sdk/values'
import Spamc from 'spamc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { type Spamd, startSpamd } from '../../../test/kit/spamd.js'
import { ping, scan } from '../src/spamd/command.js'
import { GTUBE, mail } from './mails.js'
import { makeFilter } from './make-filter.js'

/** The context of a message that may take as long as its test. */
const { signal } = new AbortController()

let scratch: Scratch
let spamd: Spamd
/** The verdict on a message that came while spamd was starting. */
let early: Promise<Run>

beforeAll(async () => {
  scratch = await makeScratch('spamassassin')
  const patient = await makeFilter({ addresses: [join(scratch.path, 'spamd.sock')], wait: '90s' })
  early = run(patient, message(mail('')), signal)
  early.catch(() => undefined)
  spamd = await startSpamd({
    directory: scratch.path,
    tcp: true,
    allowTell: true,
    users: { strict: 'required_score -50\n', lax: 'required_score 2000\n' },
    config: ['full LOCAL_TAIL /the very last words/', 'score LOCAL_TAIL 7', 'describe LOCAL_TAIL Stands at the end'],
  })
})

afterAll(async () => {
  await spamd?.stop()
  await scratch?.remove()
})

function address(on: 'unix' | 'tcp'): string {
  return on === 'unix' ? spamd.socket : (spamd.tcp ?? '')
}

function score(text: string, user?: string) {
  const bytes = Buffer.from(text)
  const body = {
    length: bytes.length,
    open: async function* () {
      yield bytes
    },
  }
  return scan(parseAddress(spamd.socket), body, { signal, ...(user === undefined ? {} : { user }) })
}

async function judge(text: string, options: object = {}) {
  const filter = await makeFilter({ addresses: [spamd.socket], ...options })
  const { verdict, output } = await run(filter, message(text, { chunks: [4096] }), signal)
  const whole = Buffer.from(output ?? []).toString('latin1')
  return { verdict, output: whole, fields: whole.slice(0, whole.indexOf('Received:')) }
}

test('a message that came while spamd was starting is judged when it has started', async () => {
  await expect(early).resolves.toMatchObject({ verdict: { action: 'accept' } })
})

describe.each(['unix', 'tcp'] as const)('over %s', (on) => {
  test('spamd answers a PING', async () => {
    await expect(ping(parseAddress(address(on)), { signal })).resolves.toMatch(/^1\.\d$/)
  })

  test('GTUBE is rejected', async () => {
    const { verdict } = await judge(mail(GTUBE), { addresses: [address(on)] })
    expect(verdict).toMatchObject({ action: 'reject', text: expect.stringMatching(/score 1\d\d\d\.\d/) })
  })

  test('ham is accepted with every byte below its score fields', async () => {
    const text = mail('')
    const { output } = await judge(text, { addresses: [address(on)] })
    expect(output).toMatch(/^X-Spam-Score: -?\d+\.\d\r\n/)
    expect(output).toMatch(/X-Spam-Status: No, score=-?\d+\.\d required=5\.0\s+tests=[\w,\t\r\n]+\r\nReceived:/)
    expect(output.endsWith(text)).toBe(true)
  })
})

test('GTUBE that is delivered has the flag, stars and rules as SpamAssassin writes them', async () => {
  const { output } = await judge(mail(GTUBE), { reject: false, subject_tag: '*****SPAM*****' })
  expect(output).toMatch(/^X-Spam-Flag: YES\r\n|\r\nX-Spam-Flag: YES\r\n/)
  expect(output).toContain(`X-Spam-Level: ${'*'.repeat(50)}\r\n`)
  expect(output.replace(/\r\n(?=[ \t])/g, '')).toMatch(
    /X-Spam-Status: Yes, score=1\d\d\d\.\d required=5\.0 tests=.*\bGTUBE\b/,
  )
  expect(output).toContain('Subject: *****SPAM***** minutes of our meeting\r\n')
})

test('a negative score is read as one', async () => {
  // Debian's 65_debian.cf gives -5 to what Debconf sends.
  const result = await score(mail('', 'Debconf: a note'))
  expect(result.score).toBeLessThan(-3)
  expect(result.tests).toContain('D_SENT_BY_DEBCONF')
})

test('the user’s own threshold counts, either way', async () => {
  await expect(score(mail(''), 'strict')).resolves.toMatchObject({ spam: true, required: -50 })
  await expect(score(mail(GTUBE), 'lax')).resolves.toMatchObject({ spam: false, required: 2000 })
  expect((await judge(mail(GTUBE), { user: 'lax' })).verdict.action).toBe('accept')
})

test('of a long message only the head is scanned', async () => {
  const long = mail(`${'All is well with us here.\r\n'.repeat(600)}the very last words`)
  const whole = await judge(long)
  expect(whole.fields).toContain('LOCAL_TAIL')
  const head = await judge(long, { scan_limit: '8KiB' })
  expect(head.fields).not.toContain('LOCAL_TAIL')
  expect(head.fields).toContain(`X-Spam-Scanned: first 8192 of ${long.length} bytes\r\n`)
  expect(head.output.endsWith(long)).toBe(true)
})

test('any bytes are a message: empty, without a body, 8-bit, with NUL and bare line ends', async () => {
  for (const text of ['', 'Subject: x', 'Subject: x\r\n\r\n', '\r\n', 'Subject: \xfc\r\n\r\n\0\xff\n\r.\r\n..\r\n']) {
    const filter = await makeFilter({ addresses: [spamd.socket], reject: false })
    const { output } = await run(filter, message(Buffer.from(text, 'latin1')), signal)
    expect(
      Buffer.from(output ?? [])
        .toString('latin1')
        .endsWith(text),
    ).toBe(true)
  }
})

test('a message that takes longer than SpamAssassin may take is unscannable', async () => {
  await using own = await makeScratch('slow')
  const slow = Array.from({ length: 100 }, (_, rule) => `full SLOW_${rule} /a.{0,${50 + rule}}[yz][wx]/`)
  await using busy = await startSpamd({ directory: own.path, bare: true, config: ['time_limit 1', ...slow] })
  const filter = await makeFilter({ addresses: [busy.socket] })
  const { verdict } = await run(filter, message(mail('a'.repeat(300_000))), signal)
  expect(verdict).toMatchObject({
    action: 'unscannable',
    text: 'this message takes too long to be judged by SpamAssassin',
  })
  expect((await run(filter, message(mail('')), signal)).verdict.action).toBe('accept')
})

test('spamd learns and forgets, once each, in its own directory', async () => {
  const filter = await makeFilter({ addresses: [spamd.socket] })
  const teach = (lesson: Lesson) =>
    filter.learn?.(message(mail('buy our excellent watches')), lesson, testContext({ signal }))
  await expect(teach('spam')).resolves.toBe(true)
  await expect(teach('spam')).resolves.toBe(false)
  await expect(teach('forget')).resolves.toBe(true)
  await expect(teach('forget')).resolves.toBe(false)
  await expect(teach('ham')).resolves.toBe(true)
  expect(await readdir(join(scratch.path, 'bayes'))).toContain('bayes_seen')
})

test('check() scans for real and tells SpamAssassin’s version', async () => {
  const filter = await makeFilter({ addresses: [spamd.socket, spamd.tcp] })
  const health = await filter.check?.(testContext({ signal }))
  expect(health).toMatchObject({
    ok: true,
    text: expect.stringMatching(/^SpamAssassin 4\.\d+\.\d+ answers at unix:\//),
  })
  expect(health?.details?.[spamd.tcp ?? '']).toMatch(/^SpamAssassin 4\./)
})

describe('where the npm package spamc is right, we agree with it', () => {
  function ask<T>(call: (spamc: Spamc, done: (error: Error | null, result?: T) => void) => unknown): Promise<T> {
    const [host = '', port] = (spamd.tcp ?? '').split(':')
    return new Promise((resolve, reject) => {
      call(new Spamc(host, Number(port), 60), (error, result) => {
        if (error !== null || result === undefined) reject(error ?? new Error('no result'))
        else resolve(result)
      })
    })
  }

  test('about a PING', async () => {
    await expect(ask<boolean>((spamc, done) => spamc.ping(done))).resolves.toBe(true)
  })

  test('about score, threshold and rules of GTUBE', async () => {
    const text = mail(GTUBE)
    const theirs = await ask<Spamc.Result>((spamc, done) => spamc.symbols(text, done))
    const ours = await score(text)
    expect(theirs).toMatchObject({ isSpam: ours.spam, spamScore: ours.score, baseSpamScore: ours.required })
    // The package spamc leaves the last rule out, because no comma follows it.
    expect(theirs.matches).toEqual(ours.tests.slice(0, -1))
    const checked = await ask<Spamc.Result>((spamc, done) => spamc.check(text, done))
    expect(checked).toMatchObject({ isSpam: true, spamScore: ours.score })
  })

  test('about nothing below zero, which it does not read', async () => {
    const text = mail('', 'Debconf: a note')
    const theirs = await ask<Spamc.Result>((spamc, done) => spamc.check(text, done))
    expect(theirs.spamScore).toBeUndefined()
    expect((await score(text)).score).toBeLessThan(0)
  })
})

test('a spamd that is killed while it scans gives no verdict', async () => {
  // Long plain text keeps SpamAssassin busy for seconds.
  const filter = await makeFilter({ addresses: [spamd.socket], wait: '1ms' })
  const judging = run(filter, message(mail('All is well with us here.\r\n'.repeat(4000))), signal)
  judging.catch(() => undefined)
  const before = spamd.output().length
  await expect.poll(() => spamd.output().slice(before)).toContain('checking message')
  spamd.kill('SIGKILL')
  await expect(judging).rejects.toMatchObject({ code: 'SCANNER_PROTOCOL' })
  // The last of its processes may take a moment to go, and with it the listening socket.
  const code = () => run(filter, message(mail('')), signal).catch((error: { code?: string }) => error.code)
  await expect.poll(code).toBe('SCANNER_UNREACHABLE')
})
