import type { Envelope } from '@candy/sdk'
import { type Backend, backend, message, run } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { filter } from '../src/index.js'
import { fakeSpamd, PONG, type SeenRequest, symbols } from './fake-spamd.js'
import { makeFilter } from './make-filter.js'

const LETTER = 'From: a@example.com\r\nSubject: hello\r\n\r\nbody\r\n'

/** What the filter makes of a letter when spamd gives this score, and what spamd was sent. */
async function judge(spam: string, options: object = {}, letter = LETTER, envelope: Partial<Envelope> = {}) {
  const seen: SeenRequest[] = []
  await using spamd = await backend({
    script: fakeSpamd((request) => {
      seen.push(request)
      return symbols(spam)
    }),
  })
  const judging = await makeFilter({ addresses: [spamd.address], ...options })
  const result = await run(judging, message(letter, { envelope, chunks: [1000] }))
  return { ...result, output: Buffer.from(result.output ?? []).toString('latin1'), request: seen[0] }
}

test('the package says that it does not rewrite', () => {
  expect(filter).toMatchObject({ api: 1, name: 'spamassassin', rewrites: false })
})

test('ham goes on with its score on top, every byte kept', async () => {
  const { output } = await judge('False ; -1.9 / 5.0')
  expect(output).toBe(`X-Spam-Score: -1.9\r\nX-Spam-Status: No, score=-1.9 required=5.0 tests=A,B_2\r\n${LETTER}`)
})

test('spam goes on with the flag, and its Subject is left alone unless asked', async () => {
  const { output } = await judge('True ; 6.1 / 5.0')
  expect(output).toMatch(/^X-Spam-Flag: YES\r\n/)
  expect(output).toContain('\r\nSubject: hello\r\n')
})

test('a tag in the Subject is for spam only', async () => {
  const options = { subject_tag: '[SPAM]' }
  expect((await judge('True ; 6.1 / 5.0', options)).output).toContain('Subject: [SPAM] hello\r\n')
  expect((await judge('False ; 1.0 / 5.0', options)).output).toContain('\r\nSubject: hello\r\n')
})

test.each([
  ['False ; 14.9 / 20.0', {}, 'accept', 'No'],
  // Whoever set required_score to 20 does not lose mail at 15.
  ['False ; 15.0 / 20.0', {}, 'accept', 'No'],
  ['True ; 14.9 / 5.0', {}, 'accept', 'Yes'],
  ['True ; 15.0 / 5.0', {}, 'reject', ''],
  ['True ; 1000.0 / 5.0', { reject: false }, 'accept', 'Yes'],
  ['True ; 9.9 / 5.0', { quarantine: 10 }, 'accept', 'Yes'],
  ['True ; 10.0 / 5.0', { quarantine: 10 }, 'quarantine', ''],
  ['True ; 15.0 / 5.0', { quarantine: 10 }, 'reject', ''],
  ['True ; 7.9 / 5.0', { tag: 8 }, 'accept', 'No'],
  ['False ; 3.0 / 5.0', { tag: 3 }, 'accept', 'Yes'],
  ['False ; 4.0 / 5.0', { tag: 3, quarantine: 4 }, 'quarantine', ''],
] as const)('score %s with %j is %s %s', async (spam, options, action, answer) => {
  const { verdict, output } = await judge(spam, options)
  expect(verdict.action).toBe(action)
  expect(/X-Spam-Status: (\w+)/.exec(output)?.[1] ?? '').toBe(answer)
})

test('the status names the threshold that counted', async () => {
  expect((await judge('False ; 3.0 / 5.0', { tag: 3 })).output).toContain('Status: Yes, score=3.0 required=3.0 tests')
})

test('a refusal tells the score and keeps the rules to itself; the log has both', async () => {
  const { verdict, log } = await judge('True ; 15.1 / 5.0')
  expect(verdict).toEqual({ action: 'reject', text: 'this message looks like spam (score 15.1)', status: [7, 1] })
  expect(log).toEqual([
    {
      level: 'log',
      event: 'scored',
      fields: { score: 15.1, required: 5, tests: 'A,B_2', scanned: LETTER.length, address: expect.any(String) },
    },
  ])
})

test('spamd gets the message below a Return-Path with the envelope’s sender, and the user where one is set', async () => {
  const { request } = await judge('False ; 1 / 5', { user: 'jane' }, LETTER, { sender: 'jörg@example.com' })
  expect(request?.headers).toContain('User: jane')
  expect(request?.body.toString()).toBe(`Return-Path: <jörg@example.com>\r\n${LETTER}`)
})

test('the null sender is an empty Return-Path, and a sender that could add a header is left out', async () => {
  expect((await judge('False ; 1 / 5', {}, LETTER, { sender: '' })).request?.body.toString()).toBe(
    `Return-Path: <>\r\n${LETTER}`,
  )
  const { request } = await judge('False ; 1 / 5', {}, LETTER, { sender: 'a\r\nX-Spam: no' })
  expect(request?.body.toString()).toBe(LETTER)
})

test('of a long message the first bytes are scanned, a header says so, and all of it goes on', async () => {
  const letter = `${LETTER}${'0123456789abcdef'.repeat(1000)}`
  const { request, output } = await judge('False ; 1 / 5', { scan_limit: '4KiB' }, letter)
  expect(request?.body.toString()).toBe(`Return-Path: <sender@example.com>\r\n${letter.slice(0, 4096)}`)
  expect(output).toContain(`X-Spam-Scanned: first 4096 of ${letter.length} bytes\r\n`)
  expect(output.endsWith(letter)).toBe(true)
})

test('a message of exactly the limit is scanned whole', async () => {
  const letter = LETTER.padEnd(4096, '.')
  const { request, output } = await judge('False ; 1 / 5', { scan_limit: '4KiB' }, letter)
  expect(request?.body.toString()).toContain(letter)
  expect(output).not.toContain('X-Spam-Scanned')
})

test('an empty message is judged', async () => {
  expect((await judge('False ; 1 / 5', {}, '')).verdict.action).toBe('accept')
})

async function failing(spamd: Backend | string, options: object = {}): Promise<unknown> {
  const address = typeof spamd === 'string' ? spamd : spamd.address
  const judging = await makeFilter({ addresses: [address], wait: '0s', ...options })
  return await run(judging, message(LETTER)).catch((error: unknown) => error)
}

test.each([
  ['nobody listens', 'refuse', 'SCANNER_UNREACHABLE'],
  ['it hangs up', 'close', 'SCANNER_PROTOCOL'],
  ['it talks nonsense', fakeSpamd(() => '220 mx ESMTP\r\n'), 'SCANNER_PROTOCOL'],
  ['its answer is cut', fakeSpamd(() => symbols('False ; 1 / 5').slice(0, -1)), 'SCANNER_PROTOCOL'],
  ['its score is no number', fakeSpamd(() => symbols('False ; nan / 5')), 'SCANNER_PROTOCOL'],
  ['it cannot serve now', fakeSpamd(() => 'SPAMD/1.0 75 no more children\r\n'), 'SCANNER_UNREACHABLE'],
  ['it gave up', fakeSpamd(() => 'SPAMD/1.0 79 Timeout: (300 second timeout)\r\n'), 'SCANNER_LIMIT'],
  ['it answers a PING only', fakeSpamd(() => PONG), 'SCANNER_PROTOCOL'],
] as const)('a spamd of which %s is no verdict', async (_, script, code) => {
  await using spamd = await backend({ script })
  const error = await failing(spamd)
  expect(error).toMatchObject({ name: 'CandyError', code })
  expect(String(error)).toContain(spamd.address)
})

test('a spamd that was passed over is named in the log', async () => {
  await using absent = await backend({ script: 'refuse' })
  await using good = await backend({ script: fakeSpamd(() => symbols('False ; 1 / 5')) })
  const judging = await makeFilter({ addresses: [absent.address, good.address] })
  const { log } = await run(judging, message(LETTER))
  expect(log.map(({ level, event }) => `${level} ${event}`)).toEqual(['log scored', 'warn passed over'])
  expect(log[1]?.fields.reason).toContain(absent.address)
})

test('a hanging spamd is no verdict: the signal’s reason is thrown', async () => {
  await using spamd = await backend({ script: 'hang' })
  const judging = await makeFilter({ addresses: [spamd.address] })
  const judged = run(judging, message(LETTER), AbortSignal.timeout(100))
  await expect(judged).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect.poll(() => spamd.open).toBe(0)
})

test('a message that cannot be read throws its own error', async () => {
  await using spamd = await backend({ script: 'hang' })
  const judging = await makeFilter({ addresses: [spamd.address] })
  const unreadable = {
    ...message(LETTER),
    // biome-ignore lint/correctness/useYield: fails before its first bytes
    open: async function* (): AsyncGenerator<Uint8Array> {
      throw new Error('disk on fire')
    },
  }
  await expect(run(judging, unreadable)).rejects.toThrow('disk on fire')
})
