import { gzipSync } from 'node:zlib'
import { type Filter, type FilterPackage, type Message, type Verdict, verdictProblem } from '@candy/sdk'
import { type Answer, contract, message, run, testHost } from '@candy/sdk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clamd, EICAR, SIGNATURES, startClamd } from '../../../test/kit/clamd.js'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { filter } from '../src/filter.js'
import { answer, type Fake, readRequest, startFake } from './fake.js'
import { withAttachment, zip } from './mails.js'

const ADDED = 'X-Virus-Scanned: ClamAV\r\n'
const SCANNED = { add: 'X-Virus-Scanned', value: 'ClamAV' }

async function create(options: Record<string, unknown>, from: FilterPackage = filter): Promise<Filter<Verdict>> {
  const result = await from.options['~standard'].validate(options)
  if (result.issues !== undefined) throw new Error(result.issues.map((issue) => issue.message).join('; '))
  return from.create(result.value, testHost())
}

function unscannable(reason: string): Verdict {
  return {
    action: 'unscannable',
    text: `this message cannot be scanned for viruses: ${reason}`,
    status: [7, 1],
    edits: [{ add: 'X-Virus-Status', value: `Unscannable (${reason})` }],
  }
}

async function output(judge: Filter<Verdict>, mail: Message): Promise<string> {
  return Buffer.from((await run(judge, mail)).output ?? '').toString('latin1')
}

function address(fake: Fake): string {
  return 'path' in fake.address ? fake.address.path : `${fake.address.host}:${fake.address.port}`
}

test('a clamd that was passed over is named in the log', async () => {
  await using good = await startFake(answer('1: stream: OK\0'))
  const warnings: unknown[] = []
  const host = testHost({ warn: (event, fields) => warnings.push([event, fields?.reason]) })
  const options = await filter.options['~standard'].validate({ addresses: ['/nonexistent/clamd', address(good)] })
  if (options.issues !== undefined) throw new Error('the options are not valid')
  const judge = await filter.create(options.value, host)
  expect((await run(judge, message('x'))).verdict.action).toBe('accept')
  expect(warnings[0]).toEqual(['passed over', expect.stringContaining('unix:/nonexistent/clamd: no such socket')])
})

describe('with a real clamd', () => {
  let scratch: Scratch
  let clamd: Clamd
  let judge: Filter<Verdict>
  beforeAll(async () => {
    scratch = await makeScratch('clamav')
    const settings = { AlertExceedsMax: 'yes', StreamMaxLength: '2M', MaxScanSize: '1M' }
    clamd = await startClamd({ directory: scratch.path, tcp: true, settings })
    judge = await create({ addresses: [clamd.socket] })
  })
  afterAll(async () => {
    await clamd?.stop()
    await scratch?.remove()
  })

  test('a harmless message is accepted with one more header field, and every other byte as it was', async () => {
    const bytes = Buffer.from('Subject: hi\r\n\r\n8-bit \xe4\xff and NUL \0 and bare \n and \r.\r\n', 'latin1')
    expect(await output(judge, message(bytes))).toBe(ADDED + bytes.toString('latin1'))
  })

  test.each([
    ['as the whole message', message(EICAR)],
    ['in the text', message(`Subject: hi\n\n${EICAR}\n`)],
    ['attached in base64', withAttachment(Buffer.from(EICAR), 'eicar.com')],
    ['in an attached zip archive', withAttachment(zip(EICAR), 'eicar.zip')],
    ['in an attached gzip file', withAttachment(gzipSync(EICAR), 'eicar.gz')],
    ['in a mail attached to a mail', withAttachment(Buffer.from(`Subject: x\r\n\r\n${EICAR}`), 'mail.eml')],
  ])('EICAR %s is rejected', async (_, mail) => {
    const { verdict, log } = await run(judge, mail)
    expect(verdict).toEqual({
      action: 'reject',
      text: 'virus found: Eicar-Test-Signature.UNOFFICIAL',
      status: [7, 1],
      edits: [SCANNED, { add: 'X-Virus-Status', value: 'Infected (Eicar-Test-Signature.UNOFFICIAL)' }],
    })
    expect(log).toEqual([
      { level: 'log', event: 'found', fields: { signature: 'Eicar-Test-Signature.UNOFFICIAL', treatment: 'reject' } },
    ])
  })

  test('a message with a heuristic finding is accepted with a header field that names it', async () => {
    for (const name of ['PUA.Test.Candy', 'Heuristics.Test.Candy'] as const) {
      const mail = message(`Subject: hi\n\n${SIGNATURES[name]}\n`)
      expect(await output(judge, mail)).toBe(
        `X-Virus-Status: Suspicious (${name}.UNOFFICIAL)\r\n${ADDED}Subject: hi\r\n\r\n${SIGNATURES[name]}\r\n`,
      )
    }
  })

  test('the operator decides by the name of the signature', async () => {
    const strict = await create({
      addresses: [clamd.socket],
      quarantine: ['Eicar-*'],
      reject: ['PUA.Test.*'],
      ignore: ['Heuristics.Test.Candy'],
    })
    expect((await run(strict, message(EICAR))).verdict).toEqual({
      action: 'quarantine',
      text: 'virus found: Eicar-Test-Signature.UNOFFICIAL',
      status: [7, 1],
      edits: [SCANNED, { add: 'X-Virus-Status', value: 'Suspicious (Eicar-Test-Signature.UNOFFICIAL)' }],
    })
    expect((await run(strict, message(SIGNATURES['PUA.Test.Candy']))).verdict.action).toBe('reject')
    expect(await output(strict, message(SIGNATURES['Heuristics.Test.Candy']))).toBe(
      `${ADDED}${SIGNATURES['Heuristics.Test.Candy']}`,
    )
  })

  test('a clamd that is killed and starts again is waited for', async () => {
    await using own = await makeScratch('restart')
    const first = await startClamd({ directory: own.path })
    const scanner = await create({ addresses: [first.socket], wait: '30s' })
    expect((await run(scanner, message('x'))).verdict.action).toBe('accept')
    first.kill()
    await first.stop()
    const later = run(scanner, message(EICAR))
    const second = await startClamd({ directory: own.path })
    try {
      expect((await later).verdict.action).toBe('reject')
    } finally {
      await second.stop()
    }
  })

  test('another address is asked while the first one is down', async () => {
    const scanner = await create({ addresses: ['/nonexistent/clamd.ctl', `127.0.0.1:${clamd.port}`], wait: '1h' })
    expect((await run(scanner, message(EICAR))).verdict.action).toBe('reject')
  })
})

describe('with a clamd that fails', () => {
  test.each([
    ['hangs up', '', 'SCANNER_UNREACHABLE'],
    ['talks nonsense', '1: hello\0', 'SCANNER_PROTOCOL'],
    ['is cut short', '1: stream: OK', 'SCANNER_PROTOCOL'],
    ['has an error', '1: stream: CL_EMEM: Unable to allocate memory ERROR\0', 'SCANNER_PROTOCOL'],
    ['has no disk', "1: stream: Can't write to file ERROR\0", 'SCANNER_PROTOCOL'],
  ])('a clamd that %s decides nothing', async (_, reply, code) => {
    await using fake = await startFake(answer(reply))
    const scanner = await create({ addresses: [address(fake)] })
    await expect(run(scanner, message('x'))).rejects.toMatchObject({ name: 'CandyError', code })
  })

  test.each([
    ['a limit without a name', '1: stream: (null) FOUND\0', 'a limit was exceeded'],
    [
      'a limit of mail by its old name',
      '1: stream: Heuristics.Email.ExceedsMaxEmailHeaders FOUND\0',
      'Heuristics.Email.ExceedsMaxEmailHeaders',
    ],
    ['the end of its time', '1: stream: CL_ETIMEOUT: Time limit reached ERROR\0', 'CL_ETIMEOUT: Time limit reached'],
    ['a dictionary too large to unpack', '1: stream: Heuristics.XZ.DicSizeLimit FOUND\0', 'Heuristics.XZ.DicSizeLimit'],
  ])('%s is unscannable, whichever version of clamd says so', async (_, reply, reason) => {
    await using fake = await startFake(answer(reply))
    const { verdict } = await run(await create({ addresses: [address(fake)] }), message('x'))
    expect(verdict).toEqual(unscannable(reason))
  })

  test('without a clamd at any address there is no verdict', async () => {
    const scanner = await create({ addresses: ['/nonexistent/a', '/nonexistent/b'], wait: '1ms' })
    await expect(run(scanner, message('x'))).rejects.toMatchObject({
      name: 'CandyError',
      code: 'SCANNER_UNREACHABLE',
      message: expect.stringMatching(/^unix:\/nonexistent\/a: no such socket.*; unix:\/nonexistent\/b: no such socket/),
    })
  })

  test('a name from the network cannot break out of a header or a reply', async () => {
    const name = `PUA.\x1b[31m\r\nX-Evil: yes\xe4${'n'.repeat(900)}`
    await using fake = await startFake(answer(`1: stream: ${name} FOUND\0`))
    const text = await output(await create({ addresses: [address(fake)] }), message('Subject: hi\n\n'))
    const [status, scanned, subject] = text.replace(/\r\n(?=[ \t])/g, '').split('\r\n')
    expect(status).toMatch(/^X-Virus-Status: Suspicious \(PUA\.\?\[31m X-Evil: yes\?n{300,}\.\.\.\)$/)
    expect([scanned, subject]).toEqual(['X-Virus-Scanned: ClamAV', 'Subject: hi'])
    expect(text).not.toMatch(/^X-Evil/m)
    for (const lists of [{ tag: [] }, { tag: [], quarantine: ['PUA.*'] }, { tag: [], unscannable: ['PUA.*'] }]) {
      const { verdict } = await run(await create({ addresses: [address(fake)], ...lists }), message('x'))
      expect('text' in verdict && verdict.text).toMatch(/^[\x20-\x7e]{400}$/)
      expect(verdictProblem(verdict, filter)).toBeUndefined()
    }
  })
})

/** The first bytes of the gzip file that is compressed too many times (RFC 1952). */
const GZIP = Buffer.from([0x1f, 0x8b])

const healthy: Answer = async function* (received) {
  let request = Buffer.alloc(0)
  for await (const chunk of received) {
    request = Buffer.concat([request, chunk])
    const complete = readRequest(request)
    if (complete === undefined) continue
    if (complete.command === 'zPING') yield '1: PONG\0'
    else if (complete.command === 'zVERSION') yield '1: ClamAV 1.4.6\0'
    else if (Buffer.concat(complete.frames).includes(EICAR)) yield '1: stream: Eicar-Test-Signature FOUND\0'
    else if (Buffer.concat(complete.frames).subarray(0, 2).equals(GZIP))
      yield '1: stream: Heuristics.Limits.Exceeded FOUND\0'
    else yield '1: stream: OK\0'
    return
  }
}

describe.each(['unix', 'tcp'] as const)('over %s', (on) => {
  contract({
    test,
    filter,
    on,
    backend: healthy,
    options: ({ address }) => ({ addresses: [address] }),
    sample: `Subject: hi\n\n${EICAR}\n`,
    dropIn: new URL('../filters.d/50-clamav.toml', import.meta.url),
  })
})

test('the default address is where Debian has clamd listen', async () => {
  const result = await filter.options['~standard'].validate({})
  expect(result).toMatchObject({ value: { addresses: [{ path: '/var/run/clamav/clamd.ctl' }], wait: 30_000 } })
})
