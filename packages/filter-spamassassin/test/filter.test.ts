import { type Envelope, editHeaders, verdictProblem } from '@candy/sdk'
import { type Backend, backend, message, run } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { filter } from '../src/index.js'
import { fakeSpamd, PONG, type SeenRequest, symbols } from './fake-spamd.js'
import { makeFilter } from './make-filter.js'

const MAIL = 'From: a@example.com\r\nSubject: hello\r\n\r\nbody\r\n'

/** The verdict of the filter when spamd gives this score, and the request that spamd got. */
async function judge(
  spam: string,
  options: object = {},
  mail = MAIL,
  envelope: Partial<Envelope> = {},
  tests = 'A,B_2',
) {
  const seen: SeenRequest[] = []
  await using spamd = await backend({
    script: fakeSpamd((request) => {
      seen.push(request)
      return symbols(spam, tests)
    }),
  })
  const judging = await makeFilter({ addresses: [spamd.address], ...options })
  const result = await run(judging, message(mail, { envelope, chunks: [1000] }))
  return { ...result, output: Buffer.from(result.output ?? []).toString('latin1'), request: seen[0] }
}

test('the package says that it does not rewrite', () => {
  expect(filter).toMatchObject({ api: 1, name: 'spamassassin', rewrites: false })
})

test('ham is accepted with its score on top, and every other byte as it was', async () => {
  const { output } = await judge('False ; -1.9 / 5.0')
  expect(output).toBe(`X-Spam-Score: -1.9\r\nX-Spam-Status: No, score=-1.9 required=5.0 tests=A,B_2\r\n${MAIL}`)
})

test('spam is accepted with the flag, and its Subject changed only with subject_tag', async () => {
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
  // With required_score 20 a message with score 15 is not rejected.
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
  expect(verdict).toMatchObject({ action: 'reject', text: 'this message looks like spam (score 15.1)', status: [7, 1] })
  expect(log).toEqual([
    {
      level: 'log',
      event: 'scored',
      fields: { score: 15.1, required: 5, tests: 'A,B_2', scanned: MAIL.length, address: expect.any(String) },
    },
  ])
})

test('a refusal has the header fields that the reader must see if the message is delivered nevertheless', async () => {
  for (const options of [{ subject_tag: '[SPAM]' }, { subject_tag: '[SPAM]', quarantine: 10, reject: 100 }]) {
    const { verdict } = await judge('True ; 15.1 / 5.0', options)
    expect(verdict.action).not.toBe('accept')
    expect(Buffer.from(editHeaders(Buffer.from(MAIL), verdict.edits ?? [])).toString()).toBe(
      'Subject: [SPAM] hello\r\nX-Spam-Flag: YES\r\nX-Spam-Score: 15.1\r\nX-Spam-Level: ***************\r\n' +
        'X-Spam-Status: Yes, score=15.1 required=5.0 tests=A,B_2\r\nFrom: a@example.com\r\n\r\nbody\r\n',
    )
  }
})

test('a message for which spamd had too little time is unscannable, unless its score so far makes it spam', async () => {
  const late = 'A,TIME_LIMIT_EXCEEDED'
  const { verdict } = await judge('False ; 1.0 / 5.0', {}, MAIL, {}, late)
  expect(verdict).toMatchObject({
    action: 'unscannable',
    text: 'this message takes too long to be judged by SpamAssassin',
    status: [7, 1],
    edits: expect.arrayContaining([
      { add: 'X-Spam-Status', value: 'No, score=1.0 required=5.0 tests=A,TIME_LIMIT_EXCEEDED' },
    ]),
  })
  expect((await judge('True ; 9.0 / 5.0', {}, MAIL, {}, late)).verdict.action).toBe('accept')
  expect((await judge('True ; 20.0 / 5.0', {}, MAIL, {}, late)).verdict.action).toBe('reject')
  const many = `${Array.from({ length: 1000 }, (_, rule) => `RULE_${rule}`).join(',')},TIME_LIMIT_EXCEEDED`
  expect((await judge('False ; 1.0 / 5.0', {}, MAIL, {}, many)).verdict.action).toBe('unscannable')
})

test('a message on which spamd gave up is unscannable, and the next spamd is not asked', async () => {
  await using tired = await backend({ script: fakeSpamd(() => 'SPAMD/1.0 79 Timeout: (300 second timeout)\r\n') })
  await using other = await backend({ script: fakeSpamd(() => symbols('False ; 1 / 5')) })
  const { verdict, log } = await run(await makeFilter({ addresses: [tired.address, other.address] }), message(MAIL))
  expect(verdict).toEqual({
    action: 'unscannable',
    text: 'this message takes too long to be judged by SpamAssassin',
    status: [7, 1],
  })
  expect(log).toEqual([
    { level: 'log', event: 'unscannable', fields: { reason: expect.stringContaining('EX_TIMEOUT: Timeout') } },
  ])
  expect(other.connections).toBe(0)
})

test.each([
  ['8-bit', 'RULE_\xe4\xff,B'],
  ['control characters and line ends', 'A\r\nX-Evil: yes,B\0\x1b[31m'],
  ['folded', 'A,\r\n\tB'],
  ['a long name', `${'A'.repeat(5_000)},B`],
  ['very many names', Array.from({ length: 20_000 }, () => 'RULE').join(',')],
  ['no names', ',,,'],
])('rule names that are %s become a safe field', async (_, tests) => {
  const { verdict, output, log } = await judge('True ; 6.1 / 5.0', {}, MAIL, {}, tests)
  expect(verdictProblem(verdict, filter)).toBeUndefined()
  expect(output).not.toMatch(/^X-Evil/m)
  const fields = output.slice(0, output.indexOf('From:'))
  expect(fields).toMatch(/^[\t\r\n\x20-\x7e]*$/)
  expect(fields.length).toBeLessThan(30_000)
  expect(fields).toMatch(/^X-Spam-Status: Yes, score=6.1 required=5.0/m)
  expect(JSON.stringify(log)).not.toMatch(/\\u00|[^\x20-\x7e]/)
})

test.each([
  ['of 100 KB', `Subject: ${'x'.repeat(100_000)}`],
  ['of 100 KB in words', `Subject: ${'word '.repeat(20_000)}`],
  ['of 30 KB that grow', `Subject: ${'a \xfc '.repeat(7_500)}`],
  ['of blanks', `Subject: ${' '.repeat(60_000)}x`],
  ['of broken encoded words', `Subject: ${'=?utf-8?Q? '.repeat(6_000)}`],
  ['folded without end', `Subject: ${'a\r\n '.repeat(30_000)}`],
  ['in thousands', 'Subject: a\r\n'.repeat(20_000).trim()],
  ['with control characters', 'Subject: \0\x1b\x7f\xff'],
  ['missing', 'To: b'],
])('a Subject %s is no way to be kept from a verdict', async (_, subject) => {
  const mail = Buffer.from(`From: a@example.com\r\n${subject}\r\n\r\nbody\r\n`, 'latin1').toString('latin1')
  for (const score of ['True ; 6.1 / 5.0', 'True ; 99.0 / 5.0', 'False ; 1.0 / 5.0']) {
    const { verdict } = await judge(score, { subject_tag: '[SPAM]' }, mail)
    expect(verdictProblem(verdict, filter)).toBeUndefined()
    expect(verdict.action).toBe(score.startsWith('True ; 99') ? 'reject' : 'accept')
  }
})

test('spamd gets the message below a Return-Path with the envelope’s sender, and the user where one is set', async () => {
  const { request } = await judge('False ; 1 / 5', { user: 'jane' }, MAIL, { sender: 'jörg@example.com' })
  expect(request?.headers).toContain('User: jane')
  expect(request?.body.toString()).toBe(`Return-Path: <jörg@example.com>\r\n${MAIL}`)
})

test('the null sender is an empty Return-Path, and a sender that could add a header is left out', async () => {
  expect((await judge('False ; 1 / 5', {}, MAIL, { sender: '' })).request?.body.toString()).toBe(
    `Return-Path: <>\r\n${MAIL}`,
  )
  const { request } = await judge('False ; 1 / 5', {}, MAIL, { sender: 'a\r\nX-Spam: no' })
  expect(request?.body.toString()).toBe(MAIL)
})

test('of a long message the first bytes are scanned, a header field says so, and all of it is delivered', async () => {
  const mail = `${MAIL}${'0123456789abcdef'.repeat(1000)}`
  const { request, output } = await judge('False ; 1 / 5', { scan_limit: '4KiB' }, mail)
  expect(request?.body.toString()).toBe(`Return-Path: <sender@example.com>\r\n${mail.slice(0, 4096)}`)
  expect(output).toContain(`X-Spam-Scanned: first 4096 of ${mail.length} bytes\r\n`)
  expect(output.endsWith(mail)).toBe(true)
})

test('a message of exactly the limit is scanned whole', async () => {
  const mail = MAIL.padEnd(4096, '.')
  const { request, output } = await judge('False ; 1 / 5', { scan_limit: '4KiB' }, mail)
  expect(request?.body.toString()).toContain(mail)
  expect(output).not.toContain('X-Spam-Scanned')
})

test('an empty message is judged', async () => {
  expect((await judge('False ; 1 / 5', {}, '')).verdict.action).toBe('accept')
})

async function failing(spamd: Backend | string, options: object = {}): Promise<unknown> {
  const address = typeof spamd === 'string' ? spamd : spamd.address
  const judging = await makeFilter({ addresses: [address], wait: '1ms', ...options })
  return await run(judging, message(MAIL)).catch((error: unknown) => error)
}

test.each([
  ['nobody listens', 'refuse', 'SCANNER_UNREACHABLE'],
  ['it hangs up', 'close', 'SCANNER_PROTOCOL'],
  ['it talks nonsense', fakeSpamd(() => '220 mx ESMTP\r\n'), 'SCANNER_PROTOCOL'],
  ['its answer is cut', fakeSpamd(() => symbols('False ; 1 / 5').slice(0, -1)), 'SCANNER_PROTOCOL'],
  ['its score is no number', fakeSpamd(() => symbols('False ; nan / 5')), 'SCANNER_PROTOCOL'],
  ['it cannot serve now', fakeSpamd(() => 'SPAMD/1.0 75 no more children\r\n'), 'SCANNER_UNREACHABLE'],
  ['its score is without end', fakeSpamd(() => symbols('False ; inf / 5')), 'SCANNER_PROTOCOL'],
  ['its score is missing', fakeSpamd(() => 'SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\n\r\n'), 'SCANNER_PROTOCOL'],
  ['its score is empty', fakeSpamd(() => symbols('')), 'SCANNER_PROTOCOL'],
  ['its threshold is missing', fakeSpamd(() => symbols('False ; 1.0')), 'SCANNER_PROTOCOL'],
  ['its score contradicts its word for ham', fakeSpamd(() => symbols('False ; 999.0 / 5.0')), 'SCANNER_PROTOCOL'],
  ['its score contradicts its word for spam', fakeSpamd(() => symbols('True ; 1.0 / 5.0')), 'SCANNER_PROTOCOL'],
  ['its word is neither', fakeSpamd(() => symbols('Maybe ; 1.0 / 5.0')), 'SCANNER_PROTOCOL'],
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
  const { log } = await run(judging, message(MAIL))
  expect(log.map(({ level, event }) => `${level} ${event}`)).toEqual(['log scored', 'warn passed over'])
  expect(log[1]?.fields.reason).toContain(absent.address)
})

test('with a hanging spamd the signal’s reason is thrown', async () => {
  await using spamd = await backend({ script: 'hang' })
  const judging = await makeFilter({ addresses: [spamd.address] })
  const judged = run(judging, message(MAIL), AbortSignal.timeout(100))
  await expect(judged).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect.poll(() => spamd.open).toBe(0)
})

test('a message that cannot be read throws its own error', async () => {
  await using spamd = await backend({ script: 'hang' })
  const judging = await makeFilter({ addresses: [spamd.address] })
  const unreadable = {
    ...message(MAIL),
    // biome-ignore lint/correctness/useYield: fails before its first bytes
    open: async function* (): AsyncGenerator<Uint8Array> {
      throw new Error('disk on fire')
    },
  }
  await expect(run(judging, unreadable)).rejects.toThrow('disk on fire')
})
